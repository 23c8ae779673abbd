"""Invented digests in the three generations that bots have written."""

from __future__ import annotations

FIRST = r"""# Personalized Daily Arxiv Papers 02/03/2025

|           | Prompt   | Completion   | Total   |
|-----------|----------|--------------|---------|
| **Token** | 12,000   | 800          | 12800   |
| **Cost**  | $0.30    | $0.08        | $0.38   |

Total scanned papers: 120

Total relevant papers: 1

**Table of contents with paper titles:**

1. [Counting clouds: what [b] leaves out](#user-content-link1)
**Authors:** Ada Invented, Bo Made-Up

---

## 1. [Counting clouds: what [b] leaves out](https://arxiv.org/abs/2502.00001) <a id="link1"></a>

**ArXiv ID:** 2502.00001

**Authors:** Ada Invented, Bo Made-Up

**Abstract:** We count clouds with codes (\ie, tokens).
A second line **of it** goes on.

**Comment:** It counts, which matches counting.

**Relevance:** 9
**Novelty:** 8

---

# Paper Selection Prompt

You are a helpful clerk.

## Relevant Topics

Use these to focus on clouds:

1. Counting
   - Relevant: Anything that counts clouds.
   - Irrelevant: Rain gauges.

2. Naming
   - Relevant: New names for clouds.
   - Irrelevant: Old names.

**Keywords for Relevant Domains:**
Cumulus (CU), Fog/Mist, etc.

**Hints on Irrelevant Domains:**
Rain, Snow, etc.

**Hints on Application Tasks:**
Umbrellas, etc.

## Scoring Criteria

- Relevance 9-10
"""

SECOND = r"""# Personalized Daily Arxiv Papers 04/05/2025

| *[cloud-4o]*   | Prompt   | Completion   | Total   |
|--------------|----------|--------------|---------|
| **Token**    | 31000    | 4000         | 35000   |
| **Cost**     | $0.08    | $0.04        | $0.12   |

Total ArXiv papers: 440

Total scanned papers: 230

Total relevant papers: 3

**Table of contents with paper titles:**

1. [Fog of $\sqrt{n}$ kinds](#user-content-link1)
**Authors:** Cy Imagin{\'a}ry, Di Zo{\"e}

2. [A cloud in the contents only](#user-content-link2)
**Authors:** Ed Nobody

3. [Mist](#user-content-link3)
**Authors:** Flo Figment

---

## 1. [Fog of $\sqrt{n}$ kinds](https://arxiv.org/abs/2504.00002v2) <a id="link1"></a>

**ArXiv ID:** 2504.00002v2

**Authors:** Cy Imagin{\'a}ry, Di Zo{\"e}, Roe Poe, Jr.

**Abstract:** Fog.

**Comment:** A bound of \u007eO(1/n) on fog.

**Relevance:** 10
**Novelty:** 7

---

## 3. [Mist](https://arxiv.org/abs/2504.00003) <a id="link3"></a>

**ArXiv ID:** 2504.00004

**Authors:** Flo Figment

**Abstract:** Mist.

**Comment:** Mist it is.

**Relevance:** 11
**Novelty:** 8/10

---

# Paper Selection Prompt

## Relevant Topics

1. Fog
   - Relevant: fog.
   - Irrelevant: sun.

**Keywords:**

- Relevant: Fog, Mist
- Irrelevant: Sunshine
- Application: Lighthouses

## Scoring Criteria
"""

THIRD = r"""# Personalized Daily ArXiv Papers 2026-05-06

<table>
    <thead>
        <tr>
            <th rowspan="2">Model</th>
            <th rowspan="2">Metric</th>
            <th colspan="3">Usage</th>
            <th colspan="3">Papers</th>
        </tr>
        <tr>
            <th>Prompt</th><th>Completion</th><th>Total</th>
            <th>Total arXiv</th><th>Scanned</th><th>Relevant</th>
        </tr>
    </thead>
    <tbody>
        <tr>
            <td rowspan="2" align="center"><code>cloud-5</code></td>
            <td align="center"><strong>Tokens</strong></td>
            <td align="center">180000</td><td align="center">23000</td><td align="center">203000</td>
            <td rowspan="2" align="center">610</td>
            <td rowspan="2" align="center">400</td>
            <td rowspan="2" align="center">3</td>
        </tr>
        <tr>
            <td align="center"><strong>Cost</strong></td>
            <td align="center">$0.46</td><td align="center">$0.35</td><td align="center">$0.81</td>
        </tr>
    </tbody>
</table>

**Topic Coverage:**

<table>
    <thead><tr><th>Topic</th><th>Papers</th></tr></thead>
    <tbody>
        <tr><td><a href="#topic-a">Shapes, Sizes, and Large Clouds</a></td><td align="center">2</td></tr>
        <tr><td><a href="#topic-b">Names</a></td><td align="center">1</td></tr>
    </tbody>
</table>

**Table of contents by topic:**

## [Shapes, Sizes, and Large Clouds](#topic-a) (2)

1. [Round ones](#paper-2605-00001)
**Authors:** Gil Phantasm

2. [Long -- ones](#paper-2605-00002)
**Authors:** Hal Mirage

## [Names](#topic-b) (1)

1. [What to call them](#paper-2605-00003)
**Authors:** Ida Chimera

---

## Shapes, Sizes, and Large Clouds (2) <a id="topic-a"></a>

### 1. [Round ones](https://arxiv.org/abs/2605.00001) <a id="paper-2605-00001"></a>

**ArXiv ID:** 2605.00001

**Primary Topic:** Shapes, Sizes, and Large Clouds

**Also Matches:** Names

**Authors:** Gil Phantasm

**Abstract:** They are round.

**Comment:** Round.

**Topic Match:** The shape is the point.

**Relevance:** 8
**Novelty:** 8

---

### 2. [Long -- ones](https://arxiv.org/abs/2605.00002) <a id="paper-2605-00002"></a>

**ArXiv ID:** 2605.00002

**Primary Topic:** Shapes, Sizes, and Large Clouds

**Authors:** Hal Mirage

**Abstract:** They are long.

**Comment:** Long.

**Topic Match:** Shape again.

**Relevance:** 8
**Novelty:** 6

---

## Names (1) <a id="topic-b"></a>

### 1. [What to call them](https://arxiv.org/abs/2605.00003) <a id="paper-2605-00003"></a>

**ArXiv ID:** 2605.00003

**Primary Topic:** Names

**Also Matches:** Shapes, Sizes, and Large Clouds, Weather at Large

**Authors:** Ida Chimera

**Abstract:** A name.

**Comment:** A name.

**Topic Match:** Names are the point.

**Relevance:** 9
**Novelty:** 8

---

# Paper Selection Prompt

## System Prompt

> You are a helpful clerk.

## User Prompt

> ## Relevant Topics
>
> Focus on clouds that stay.
>
> 1. Shapes, Sizes, and Large Clouds
> - Keep: round and long ones.
> - Filter: flat maps.
>
> 2. Names
> - Keep: new names.
> - Filter: lists of old ones.
>
> Usually leave these to somebody else:
> - umbrellas
> - boats and bridges
>
> ## Scoring Criteria
>
> Relevance and Novelty are independent axes.
>
> ## Topic Registry
> - shapes: Shapes, Sizes, and Large Clouds
"""

EMPTY = """# Personalized Daily Arxiv Papers 02/04/2025

| *[cloud-4o]*   | Prompt   | Completion   | Total   |
|--------------|----------|--------------|---------|
| **Token**    | 0    | 0         | 0   |
| **Cost**     | $0.0    | $0.0    | $0.0   |

Total ArXiv papers: 400

Total scanned papers: 200

Total relevant papers: 0

**Table of contents with paper titles:**

"""
