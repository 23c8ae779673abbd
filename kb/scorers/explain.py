"""What a person reads about a local score: the topics, the words that matched, the telling sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kb.core.keywords import split_keywords
from kb.scorers.tokens import stem, stems
from kb.scorers.wordlists import GENERIC_WORDS, STOP_WORDS, WEAK_WORDS

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from kb.core.papers import Paper
    from kb.core.topics import Topics

SUMMARY_WORDS = 40
SHOWN_MATCHES = 4

GENERIC = frozenset(stem(word) for word in GENERIC_WORDS)
WEAK = frozenset(stem(word) for word in WEAK_WORDS)
_BREAK = re.compile(r"[^\w\s/–-]")
_PART = re.compile(r"[^\W_]{2,}")
SINGLE_WEIGHT, COMMON_WEIGHT, TITLE_FACTOR = 0.4, 0.2, 2.0
_NO_END = re.compile(
    r"(?:\b(?:e\.g|i\.e|et al|cf|vs|etc|resp|approx|Fig|Figs|Eq|Eqs|Sec|Secs|Ref|Refs|Tab|No|Dr|Prof|Thm"
    r"|w\.r\.t|a\.k\.a|St|Mr|Ms)|\b[A-Z])\.$"
)
_TELLING = re.compile(
    r"\b(?:we|this paper|this work|this article|our|here)\b[^.]{0,40}\b(?:propos|introduc|present|show|prov"
    r"|develop|deriv|find|demonstrat|stud|investigat|design|describ|establish|argu|analy[sz]|giv|offer|explor|identif)"
    r"\w*",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:Therefore|Thus|Hence|However|Furthermore|Moreover|Additionally|Specifically|Consequently|Motivated by this"
    r"|(?:Here|In this (?:paper|work|article|study|letter|report))"
    r"|To (?:address|tackle|overcome|solve|mitigate|bridge|fill|remedy|this end|do so)[^,.$]{0,70}),? (?=we |this |our |it )",
    re.IGNORECASE,
)
_CLAIM = re.compile(
    r"\b(?:we|this paper|this work)\b.{0,15}\b(?:propos|introduc|present)\w*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class TopicWords:
    """What of one topic can be found in a paper."""

    name: str
    phrases: tuple[tuple[str, ...], ...]
    """Keywords, and phrases of the relevant lines, as stems."""
    singles: frozenset[str]
    """All its stems that mean something on their own."""

    @property
    def stems(self) -> frozenset[str]:
        """Every stem that is looked for."""
        return self.singles.union(*self.phrases)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What of a topic a paper says."""

    phrases: tuple[str, ...] = ()
    """In the paper's own words, the title's first."""
    words: tuple[str, ...] = ()
    weight: float = 0.0
    """1 a phrase, .4 a word, .2 a word everybody uses; twice as much in the title."""


def topic_words(topics: Topics) -> tuple[TopicWords, ...]:
    """The phrases and words of each topic, in their order; keywords for all topics come last, unnamed."""
    found = [
        _words_of(t.name, t.keywords, (t.name, t.relevant, t.description)) for t in topics.topics
    ]
    return (*found, _words_of("", topics.keywords, ()))


def _words_of(name: str, keywords: Sequence[str], texts: Sequence[str]) -> TopicWords:
    phrases = [tuple(stems(keyword)) for keyword in keywords]
    phrases += [_telling(tuple(stems(phrase))) for phrase in split_keywords(texts)]
    kept = dict.fromkeys(phrase for phrase in phrases if 1 <= len(phrase) <= 4)
    singles = {s for text in texts for s in stems(text)} - GENERIC - WEAK
    return TopicWords(name, tuple(kept), frozenset(singles))


def _telling(phrase: tuple[str, ...]) -> tuple[str, ...]:
    """A phrase without what means nothing at its ends: `low-rank approaches` is `low rank`."""
    start, end = 0, len(phrase)
    while start < end and phrase[end - 1] in GENERIC:
        end -= 1
    while start < end and phrase[start] in GENERIC:
        start += 1
    if end - start == 1 and len(phrase) > 2:
        return phrase
    return phrase[start:end]


class PaperWords:
    """The words of one paper by stem, so that what matched can be shown as the paper writes it."""

    def __init__(self, paper: Paper, wanted: Collection[str] | None = None) -> None:
        """`wanted`: the stems that will be asked for; all where it is None."""
        title = _plain(paper.title)
        self.text = f"{title}\n{_plain(paper.abstract)}"
        self.stems: list[str] = []
        self.places: dict[str, list[int]] = {}
        self.spans: dict[int, tuple[int, int]] = {}
        self.title_end = 0
        for match in _PART.finditer(self.text):
            word = match[0].lower()
            if word in STOP_WORDS or word.isdigit():
                continue
            found = stem(word)
            if wanted is None or found in wanted:
                self.places.setdefault(found, []).append(len(self.stems))
                self.spans[len(self.stems)] = match.span()
            self.stems.append(found)
            if match.end() <= len(title):
                self.title_end = len(self.stems)

    def find(self, phrase: Sequence[str]) -> int | None:
        """Where the stems of `phrase` first stand next to each other, with at most stop words in between."""
        for place in self.places.get(phrase[0], ()):
            end = place + len(phrase)
            if self.stems[place:end] == list(phrase):
                between = self.text[self.spans[place][0] : self.spans[end - 1][1]]
                if not _BREAK.search(between):
                    return place
        return None

    def evidence(self, wanted: TopicWords, common: Collection[str]) -> Evidence:
        """What of a topic is in this paper; stems in `common` count half alone."""
        places: dict[int, int] = {}
        for phrase in wanted.phrases:
            if len(phrase) == 1 and phrase[0] in common:
                continue
            place = self.find(phrase)
            if place is not None:
                places[place] = max(places.get(place, 0), len(phrase))
        covered = {s for start, size in places.items() for s in self.stems[start : start + size]}
        singles = sorted(
            (s in common, self.places[s][0]) for s in wanted.singles - covered if s in self.places
        )
        weight = sum(TITLE_FACTOR if place < self.title_end else 1.0 for place in places)
        weight += sum(
            (COMMON_WEIGHT if often else SINGLE_WEIGHT)
            * (TITLE_FACTOR if place < self.title_end else 1)
            for often, place in singles
        )
        phrases = dict.fromkeys(self._shown(place, size) for place, size in sorted(places.items()))
        shown = dict.fromkeys(self._shown(place, 1) for _, place in singles)
        return Evidence(tuple(phrases), tuple(shown), weight)

    def _shown(self, place: int, size: int) -> str:
        text = self.text[self.spans[place][0] : self.spans[place + size - 1][1]]
        return " ".join(w if any(c.isupper() for c in w[1:]) else w.lower() for w in text.split())


def _plain(text: str) -> str:
    return " ".join(re.sub(r"\$[^$]*\$|\\[a-zA-Z]+|[{}*_`|<>\[\]#~^]", " ", text).split())


def comment(names: Sequence[str], found: Mapping[str, Evidence], *, sure: bool, near: int) -> str:
    """One line: `Model Architecture: mixture of experts, routing; near 12 other papers on it (sure)`."""
    how = "sure" if sure else "a guess"
    if not names:
        general = found.get("")
        matched = _listed(general) if general else ""
        if matched:
            return f"no one topic, but {matched} ({how})"
        return f"no topic's words are in it ({how})"
    first = f"{names[0]}: {_listed(found[names[0]])}"
    if near:
        first += f"; near {near} other paper{'s' if near > 1 else ''} seen lately"
    if len(names) > 1:
        first += f"; also {' and '.join(names[1:])}"
    return f"{first} ({how})"


def _listed(evidence: Evidence) -> str:
    shown: list[str] = []
    for words in (*evidence.phrases, *evidence.words):
        if not any(words.lower() in s.lower() or s.lower() in words.lower() for s in shown):
            shown.append(words)
    return ", ".join(shown[:SHOWN_MATCHES])


def sentences(text: str) -> list[str]:
    """The sentences of an abstract; `e.g.`, `et al.`, initials, decimals and formulas do not end one."""
    found: list[str] = []
    start = 0
    for match in re.finditer(r"[.!?]+[)\"'”’]*(?=\s+[^\s]|\s*$)", text):
        before = text[start : match.end()]
        after = text[match.end() :].lstrip()[:1]
        if before.count("$") % 2 or _NO_END.search(before.strip()) or after.islower():
            continue
        found.append(before.strip())
        start = match.end()
    if rest := text[start:].strip():
        found.append(rest)
    return found


def summary(abstract: str, matched: frozenset[str]) -> str:
    """The abstract's most telling sentence, cut to 40 words on one line; "" without an abstract.

    What the authors say they did counts most, then the stems in `matched`, then coming early.
    """
    found = []
    for place, sentence in enumerate(sentences(" ".join(abstract.split()))):
        worth = 2.0 if _TELLING.search(sentence) else 0.0
        worth += 1.0 if worth and _CLAIM.search(sentence) else 0.0
        worth -= 0.05 * place + (0.5 if len(sentence) < 40 else 0.0)
        found.append((worth, sentence))
    best, most = "", -1e9
    for worth, sentence in found:
        if worth + 1.5 > most:
            named = min(1.5, 0.5 * len(set(stems(sentence)) & matched)) if matched else 0.0
            if worth + named > most:
                best, most = sentence, worth + named
    best = _LEAD.sub("", best)
    words = (best[:1].upper() + best[1:]).split()
    cut = len(words) > SUMMARY_WORDS
    return " ".join(words[:SUMMARY_WORDS]).rstrip(",;:") + "…" if cut else " ".join(words)
