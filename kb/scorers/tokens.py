"""Words of papers, and the matrix of how often each paper says which.

Splitting text into stems is the slow part (half a millisecond a paper), so the stems of a paper can
be kept from one pass to the next: `TokenCounts` is what a store for them looks like.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from kb.scorers.wordlists import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from kb.core.papers import Paper

TOKENS_VERSION = 1
"""Raised whenever the same text would give other stems: stored ones are then not used."""

TITLE_WEIGHT = 3
_DIGEST_BYTES = 8
_WORD = re.compile(r"[^\W_]{2,}")
_TEX = re.compile(r"\\[a-zA-Z]+|https?://\S+")

# Longest first; what is left must keep three letters or more.
_SUFFIXES = (
    ("izations", "ize"), ("isations", "ize"), ("ization", "ize"), ("isation", "ize"),
    ("fulness", "ful"), ("ousness", "ous"), ("iveness", "ive"), ("ational", "ate"),
    ("ations", "ate"), ("ation", "ate"), ("ators", "ate"), ("ator", "ate"), ("ating", "ate"), ("ated", "ate"),
    ("ates", "ate"), ("izing", "ize"), ("ising", "ize"), ("izers", "ize"), ("izer", "ize"), ("ized", "ize"),
    ("ised", "ize"), ("izes", "ize"), ("ities", ""), ("ity", ""), ("ments", ""), ("ment", ""),
    ("ness", ""), ("ingly", ""), ("edly", ""), ("ally", "al"), ("ively", "ive"), ("ously", "ous"),
    ("ings", ""), ("ing", ""), ("ies", "y"), ("ied", "y"), ("ed", ""), ("ers", "er"), ("ly", ""), ("sses", "ss"),
    ("es", "e"), ("s", ""),
)  # fmt: skip


class TokenCounts(Protocol):
    """A store for what was read off papers; what is missing or outdated is computed again."""

    def get_many(self, ids: Sequence[str]) -> Mapping[str, bytes]:
        """What is stored for these ids; unknown ids are left out."""
        ...

    def put_many(self, blobs: Mapping[str, bytes]) -> None:
        """Store these, in place of what was there."""
        ...


_stemmed: dict[str, str] = {}


def stem(word: str) -> str:
    """A light stem: plural, -ing, -ed, -ation and the like off; `word` is in lower case."""
    known = _stemmed.get(word)
    if known is None:
        known = _stemmed[word] = _stem(word)
    return known


def _stem(word: str) -> str:
    if len(word) < 5 or not word.isascii():
        return word[:-1] if len(word) == 4 and word[-1] == "s" != word[-2] else word
    for suffix, instead in _SUFFIXES:
        if word.endswith(suffix):
            if suffix == "s" and word[-2] in "sui":
                break
            base = word[: -len(suffix)]
            if len(base) + len(instead) < 4 or len(base) < 3:
                continue
            if suffix in ("ing", "ings", "ed") and base[-1] == base[-2] and base[-1] not in "lsz":
                base = base[:-1]
            word = base + instead
            break
    return word[:-1] if word[-1] == "e" and len(word) > 4 else word


def words(text: str) -> list[str]:
    """Words of two letters and more in lower case, TeX commands and stop words out."""
    return [w for w in _WORD.findall(_TEX.sub(" ", text.lower())) if w not in STOP_WORDS]


def stems(text: str) -> list[str]:
    """The stems of `text` in order, numbers out."""
    return [stem(w) for w in words(text) if not w.isdigit()]


def term_ids(text: str) -> NDArray[np.uint32]:
    """Stems as 32-bit numbers (CRC), the same in every process: no vocabulary has to be shared.

    Among 100,000 stems one pair meets in the same number, which no ranking notices.
    """
    import numpy as np

    return np.array([zlib.crc32(s.encode()) for s in stems(text)], dtype="<u4")


@dataclass(frozen=True, slots=True)
class Terms:
    """The stems of one paper's title and abstract, in order, as numbers."""

    title: NDArray[np.uint32]
    abstract: NDArray[np.uint32]


def read_terms(papers: Iterable[Paper], store: TokenCounts | None = None) -> dict[str, Terms]:
    """The terms of each paper by id, from `store` where it has them for this very text."""
    by_id = {paper.id: paper for paper in papers}
    stored = store.get_many(list(by_id)) if store is not None else {}
    found: dict[str, Terms] = {}
    fresh: dict[str, bytes] = {}
    for paper in by_id.values():
        terms = unpack(stored[paper.id], paper) if paper.id in stored else None
        if terms is None:
            terms = Terms(term_ids(paper.title), term_ids(paper.abstract))
            fresh[paper.id] = pack(terms, paper)
        found[paper.id] = terms
    if store is not None and fresh:
        store.put_many(fresh)
    return found


def _header(paper: Paper) -> bytes:
    text = f"{paper.title}\0{paper.abstract}".encode(errors="replace")
    return bytes([TOKENS_VERSION]) + hashlib.blake2b(text, digest_size=8).digest()


def pack(terms: Terms, paper: Paper) -> bytes:
    """Version, hash of the text, length of the title, then four bytes a stem, little endian."""
    size = len(terms.title).to_bytes(2, "little")
    return _header(paper) + size + terms.title.tobytes() + terms.abstract.tobytes()


def unpack(blob: bytes, paper: Paper) -> Terms | None:
    """What `pack` made of this paper; None if it was of another text or by another version."""
    import numpy as np

    if not blob.startswith(_header(paper)) or len(blob) % 4 != 11 % 4:
        return None
    size = int.from_bytes(blob[9:11], "little")
    numbers = np.frombuffer(blob, dtype="<u4", offset=11)
    return Terms(numbers[:size], numbers[size:]) if size <= len(numbers) else None


_PAIR = 1 << 63


def _codes(terms: NDArray[np.uint32]) -> NDArray[np.uint64]:
    """Single terms below 2³², pairs of neighbours at 2⁶³ and above."""
    import numpy as np

    single = terms.astype(np.uint64)
    mixed = single[:-1] * np.uint64(0x9E3779B97F4A7C15) + single[1:] * np.uint64(0xC2B2AE3D27D4EB4F)
    return np.concatenate([single, mixed | np.uint64(_PAIR)])


@dataclass(frozen=True, slots=True)
class TermMatrix:
    """tf-idf of a pool of papers: logarithmic tf, smoothed idf, rows of length 1."""

    rows: csr_array
    codes: NDArray[np.uint64]
    """Of each column, ascending."""
    idf: NDArray[np.float32]
    df: NDArray[np.int64]
    """In how many papers each column's term is."""

    def narrowed(self, least: int, most: float, *, singles: bool = False) -> csr_array:
        """The columns whose term is in `least` to `most` papers; only single terms if asked."""
        wanted = (self.df >= least) & (self.df <= most)
        if singles:
            wanted &= self.codes < _PAIR
        return self.rows[:, wanted.nonzero()[0]].tocsr()

    def queries(self, texts: Sequence[str]) -> csr_array:
        """tf-idf rows for texts, over the same columns."""
        import numpy as np

        parts = [_codes(term_ids(text)) for text in texts]
        codes = np.concatenate([*parts, np.zeros(0, np.uint64)])
        row = np.repeat(np.arange(len(parts)), [len(p) for p in parts])
        at = np.searchsorted(self.codes, codes)
        known = at < len(self.codes)
        known[known] = self.codes[at[known]] == codes[known]
        counts = _counts(row[known], at[known], np.ones(known.sum()), (len(texts), len(self.codes)))
        return _weigh(counts, self.idf)


def term_matrix(papers: Sequence[Terms]) -> TermMatrix:
    """The matrix of these papers, in this order; terms that only one of them has are left out.

    Titles count three times. With fewer than 20 papers no term is left out.
    """
    import numpy as np

    parts = [_codes(part) for terms in papers for part in (terms.title, terms.abstract)]
    sizes = np.array([len(part) for part in parts], dtype=np.int64)
    all_codes = np.concatenate([*parts, np.zeros(0, np.uint64)])
    codes, column = np.unique(all_codes, return_inverse=True)
    row = np.repeat(np.arange(len(parts)) // 2, sizes)
    weight = np.repeat(np.where(np.arange(len(parts)) % 2, 1, TITLE_WEIGHT), sizes)
    counts = _counts(row, column, weight, (len(papers), len(codes)))
    df = np.bincount(counts.indices, minlength=len(codes))
    kept = np.flatnonzero(df >= (2 if len(papers) >= 20 else 1))
    idf = (np.log((1 + len(papers)) / (1 + df[kept])) + 1).astype(np.float32)
    return TermMatrix(_weigh(counts[:, kept].tocsr(), idf), codes[kept], idf, df[kept])


def _counts(
    row: NDArray[np.int64],
    column: NDArray[np.int64],
    weight: NDArray[np.float64],
    shape: tuple[int, int],
) -> csr_array:
    import numpy as np
    from scipy.sparse import csr_array

    place = (row.astype(np.int32), column.astype(np.int32))
    counts = csr_array((weight.astype(np.float32), place), shape=shape)
    counts.sum_duplicates()
    return counts


def _weigh(counts: csr_array, idf: NDArray[np.float32]) -> csr_array:
    import numpy as np

    row = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    counts.data = (1 + np.log(counts.data)) * idf[counts.indices]
    squares = np.bincount(
        row, weights=counts.data.astype(np.float64) ** 2, minlength=counts.shape[0]
    )
    length = np.sqrt(np.where(squares > 0, squares, 1))
    counts.data = (counts.data / length[row]).astype(np.float32)
    return counts
