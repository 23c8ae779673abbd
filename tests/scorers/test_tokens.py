from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.core.papers import Paper
from kb.scorers.tokens import Terms, pack, read_terms, stem, stems, term_ids, term_matrix, unpack

PLAIN = Paper(
    id="2513.00001", title="Stone arches", authors=(), abstract="They stand.", categories=()
)


@pytest.mark.parametrize(
    "family",
    [
        "quantize quantized quantization quantizing quantizer",
        "prune pruned pruning",
        "model models modeling",
        "route routing routed",
        "represent represented representing",
        "theory theories",
        "network networks",
        "sparsity sparsities",
        "map mapped mapping",
        "efficiently efficient",
    ],
)
def test_words_of_one_family_share_a_stem(family: str) -> None:
    assert len({stem(word) for word in family.split()}) == 1


@pytest.mark.parametrize(
    "pair", ["sparse space", "bias base", "analysis analog", "thing this", "loss los"]
)
def test_words_of_different_families_do_not(pair: str) -> None:
    first, second = pair.split()
    assert stem(first) != stem(second)


def test_stop_words_numbers_and_tex_are_left_out() -> None:
    assert stems("The 12 arches of \\textbf{stone}, and https://a.org/b") == ["arch", "ston"]


@given(st.text(), st.text())
def test_what_was_packed_comes_back(title: str, abstract: str) -> None:
    terms = Terms(term_ids(title), term_ids(abstract))
    paper = Paper(id="x", title=title, authors=(), abstract=abstract, categories=())
    back = unpack(pack(terms, paper), paper)
    assert back is not None
    assert np.array_equal(back.title, terms.title)
    assert np.array_equal(back.abstract, terms.abstract)


@given(st.binary(max_size=40))
def test_a_foreign_blob_is_not_believed(blob: bytes) -> None:
    assert unpack(blob, PLAIN) is None


def test_a_blob_cut_short_is_not_believed() -> None:
    whole = pack(read_terms([PLAIN])[PLAIN.id], PLAIN)
    assert unpack(whole, PLAIN) is not None
    assert [unpack(whole[:-n], PLAIN) for n in (1, 2, 3)] == [None] * 3


def test_the_matrix_is_what_scikit_learn_makes() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = ["stone arch stone", "stone cable", "cable arch wood", "wood stone arch"] * 6
    theirs = TfidfVectorizer(
        tokenizer=stems, token_pattern=None, ngram_range=(1, 2), sublinear_tf=True, min_df=2
    ).fit_transform(texts)
    empty = term_ids("")
    ours = term_matrix([Terms(empty, term_ids(text)) for text in texts])
    assert ours.rows.shape == theirs.shape
    assert np.allclose(
        (ours.rows @ ours.rows.T).toarray(), (theirs @ theirs.T).toarray(), atol=1e-6
    )


def test_the_title_counts_three_times_and_makes_no_pairs_with_itself() -> None:
    one = term_matrix([Terms(term_ids("stone"), term_ids("cable"))])
    assert one.rows.shape == (1, 2)
    weight = dict(zip(one.codes.tolist(), one.rows.toarray()[0].tolist(), strict=True))
    assert weight[int(term_ids("stone")[0])] / weight[int(term_ids("cable")[0])] == pytest.approx(
        1 + np.log(3)
    )


def test_a_query_without_known_words_is_a_row_of_nothing() -> None:
    matrix = term_matrix([Terms(term_ids("stone arch"), term_ids("cable"))])
    rows = matrix.queries(["violin", "", "stone arch"])
    assert np.diff(rows.indptr).tolist() == [0, 0, 3]
    assert matrix.queries([]).shape == (0, len(matrix.codes))
