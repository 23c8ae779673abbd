from __future__ import annotations

import gzip
import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from kb.core.tex import MAX_LENGTH, accents, plain, readable

if TYPE_CHECKING:
    from pathlib import Path

    from markdown_it.token import Token

MARKDOWN = MarkdownIt("commonmark").enable(["strikethrough", "table"])
OURS = {"paragraph", "inline", "text", "text_special", "em", "strong", "code_inline"}


@pytest.mark.parametrize(
    ("tex", "letters"),
    [
        (r"Opie{\l}ka", "Opiełka"),
        (r"Erd\H{o}s", "Erdős"),
        (r"Erd{\H o}s", "Erdős"),
        (r"\'e\`e\^e\"e", "éèêë"),
        (r"{\"o}{\'{e}}", "öé"),
        (r"\c{c}\c c\v s\u{g}\k{a}\r{a}\.z\d{s}\={a}", "ççšğąåżṣā"),
        (
            r"Gro\ss, S\o ren, \O{}re, \AA ngstr\"om, \L{}uk, {\DJ}in",
            "Groß, Søren, Øre, Ångström, Łuk, Đin",
        ),
        (r"\'\i\'{\i}{\'\i}\^\j", "íííĵ"),
        (r"Nguy\~ên", "Nguyễn"),
        (r"\"{ou}", "öu"),
        (r"Neš{ř}il {Made Up} {CLIP}-x", "Nešřil Made Up CLIP-x"),
        (r"\r{ho} and \b{eta} and \k{appa}", "ρ and β and κ"),
        (r"1{,}000", "1,000"),
        ("e\u0301", "é"),
        # What is left alone.
        (r"$\'x \v s$ and \(\c c\)", r"$\'x \v s$ and \(\c c\)"),
        (r"\emph{\'e} \textbf{a} {\em b} x^{n} {0,1}", r"\emph{é} \textbf{a} {\em b} x^{n} {0,1}"),
        (r"C:\users \d+ \'", r"C:\users \d+ \'"),
        ("no TeX {", "no TeX {"),
    ],
)
def test_accents(tex: str, letters: str) -> None:
    assert accents(tex) == letters


@pytest.mark.parametrize(
    ("tex", "markdown"),
    [
        # Formulas
        (r"\(x\), \[ y \] and $ z $", "$x$, $$y$$ and $z$"),
        (r"\begin{equation} a=b \end{equation}", "$$a=b$$"),
        (r"\begin{align*} a&=b \end{align*}", r"$$\begin{align*} a&=b \end{align*}$$"),
        ("$$x$$", "$$x$$"),
        ("$x$ $$ and $", r"$x$ \$\$ and \$"),
        ("$a<b$, $a < b$ and $<x>$", r"$a\lt b$, $a < b$ and $\lt x\gt$"),
        (r"$\{0,1\}^n$", r"$\lbrace 0,1\rbrace ^n$"),
        (r"$\|x\|$", r"$\Vert x\Vert$"),
        (r"$\mathbf{x}_{i}^*$", r"$\mathbf{x}_ {i}^\ast$"),
        (r"$[0,1](x)$ $[[1]]$", r"$[0,1] (x)$ $[ [1] ]$"),
        (r"$50%$ $\bm{x}$ $\mathds{1}$", r"$50\%$ $\boldsymbol{x}$ $\mathbb{1}$"),
        (r"$x\ $", "$x$"),
        (r"$f(\text{if $x$})$", r"$f(\text{if \(x\)})$"),
        (r"$\alpha$$\beta$", r"$\alpha \beta$"),
        # Formulas that touch a word
        ("CO$_2$, 10$^{-3}$, 30$^\\circ$C, m$^2$", "CO₂, 10⁻³, 30°C, m²"),
        (r"$\sim$10, 5$\times$, A$\rightarrow$B, $\mu$m, $k$NN", "∼10, 5×, A→B, μm, kNN"),
        (r"$\mathcal{O}$3", r"$\mathcal{O} 3$"),
        (r"3$^{x+y}$ and 3$^{x/y}$", r"3ˣ⁺ʸ and $3^{x/y}$"),
        (r"a$\unicode{x2014}$b, $\unicode{x3b1}+1$ $\unicode{x24}$", r"a—b, $α+1$ $\unicode{x24}$"),
        (r"10${}^{8}$", "10⁸"),
        # Money
        (r"for \$5 and $10 or $x$", r"for \$5 and \$10 or $x$"),
        ("from $5 to $10", r"from \$5 to \$10"),
        ("a cost of $0.27", r"a cost of \$0.27"),
        ("$5 million, but $x$ and $y$", r"\$5 million, but $x$ and $y$"),
        ("$5$ and $1.05 xy + 2$", "$5$ and $1.05 xy + 2$"),
        # Words
        (r"\emph{a} \textit{b} {\em c} {\it d}", "*a* *b* *c* *d*"),
        (r"\textbf{a} {\bf b} \texttt{c_d}", "**a** **b** `c_d`"),
        (r"\textbf{$k$-means} M\textbf{a}t", "**$k$-means** M**a**t"),
        (r"\textbf{a}\textit{b} \texttt{c}\texttt{d}", "**a**b `c`d"),
        (r"a\emph{(b)}c", "a(b)c"),
        (r"\emph{ a }b", "*a* b"),
        (r"\textsc{Made} \textcolor{red}{up} \underline{y} \mbox{z}", "Made up y z"),
        (r"5\% of C\&S \_x\_ \#1 \{a\}", r"5% of C&S \_x\_ \#1 {a}"),
        ("``a'' and ``b\" and `c'", "“a” and “b” and ‘c’"),
        ("''a'' isn't", "\"a\" isn't"),
        ("a -- b--c --- d 3--5 --flag", "a – b–c — d 3–5 --flag"),
        ("Part~I is 3.5~s, ~2% of http://a.b/~c/", r"Part I is 3.5 s, ~2% of http://a.b/~c/"),
        (r"See~\cite{a,b}. As \citep[e.g.,][]{c} says", "See. As says"),
        (r"text\footnote{Code: https://a.b/c.} on", "text (Code: https://a.b/c) on"),
        (r"\url{https://a.b/c\_d} \href{https://a.b}{here}", "https://a.b/c_d here (https://a.b)"),
        (r"\href{https://a.b/c}{https://a.b/c}", "https://a.b/c"),
        ("<https://a.b/c_>. (https://a.b/c). https://a.b/_c_d", "https://a.b/c%5F. (https://a.b/c). https://a.b/%5Fc_d"),
        (r"a \ours{} and \method{x} \eg b 360{\deg}", "a ours and x e.g. b 360°"),
        (r"\begin{itemize} \item a \item b \end{itemize}", "• a • b"),
        (r"\mathbb{R}^n and \sqrt{K}", r"$\mathbb{R}^n$ and $\sqrt{K}$"),
        (r"\SI{5}{\percent} x\textsuperscript{2} x\textsuperscript{?}", "5 % x² x?"),
        (r"a\\b\,c\-d\ e", "a b cd e"),
        ("R^2, 10^{-3}, T^2Net, x_{10}, f^(2)", "R², 10⁻³, T²Net, x₁₀, f^(2)"),
        (r"B\'ezier and {\mu}s", "Bézier and μs"),
        # What Markdown, HTML and Obsidian would take for markup
        ("*a* _b_ __c__ a_b `d`", r"\*a\* \_b\_ \_\_c\_\_ a_b \`d\`"),
        ("a * b", "a * b"),
        ("[[a]] ![b](c) [d][e] [^1]", r"\[ \[a\] \] !\[b\](c) \[d\]\[e\] \[^1\]"),
        ("<b>x</b> <!-- kb:end paper --> a < 5 <3", r"\<b>x\</b> \<\!– kb:end paper --> a < 5 <3"),
        ("&lt;b&gt; &#42; R&D", r"\&lt;b\&gt; \&\#42; R&D"),
        ("%%a%% ==b== ~~c~~", r"%\%a%\% =\=b=\= \~\~c\~\~"),
        ("#tag (#tag) C# a#b #1", r"\#tag (\#tag) C# a#b \#1"),
        ("# a", r"\# a"),
        ("- a", r"\- a"),
        ("+", r"\+"),
        ("1. a", r"1\. a"),
        ("12) a", r"12\) a"),
        ("1.5 a", "1.5 a"),
        ("> a", r"\> a"),
        (r"\cite{x} > a", r"\> a"),
        ("ends with ^id", r"ends with \^id"),
        ("C:\\", "C:"),
        # Odds and ends
        ("a $ $ b", r"a \$ \$ b"),
        ("$a b $ c", "$a b$ c"),
        ("from $n and m $ on", r"from \$n and m \$ on"),
        (r"<\-https://a.b/c> a ---- b", "https://a.b/c a — b"),
        (r"\(x\\) y", "(x ) y"),
        ("${a$b", "${a$b"),
        (r"$\cite$ \left(x\right)", r"$\cite$ (x)"),
        ("see http:// and https://a.b/(c)).", "see http:// and https://a.b/(c))."),
        (r"\footnote \href \textcolor \url{nowhere} \url{a.b/c} \href{}{d}", "nowhere https://a.b/c d"),
        (r"a\cite{b}c \emph{} \label{x}\emph{y}", "ac *y*"),
        (r"`a\_b' and `it's", "‘a_b’ and \\`it's"),
        (r"$x$\emph{$$}\begin{foo}", r"$x$\$\$"),
        ("a|b", "a|b"),
        ("a\x00b\u202ec", "abc"),
        ("one\nline\n\n \n1. two", "one line\n\n1\\. two"),
        ("", ""),
    ],
)  # fmt: skip
def test_readable(tex: str, markdown: str) -> None:
    assert readable(tex) == markdown


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"$O(n^2\log n)$ and $\sqrt{n}$", "O(n² log n) and √n"),
        (r"$\frac{a}{b+1}$ $\binom{n}{k}$ $\tfrac12$", "a/(b+1) C(n, k) 1/2"),
        (r"$\alpha$-divergence in $\mathbb{R}^d$, $\mathcal{H}^{2}$", "α-divergence in ℝᵈ, H²"),
        (r"$\tilde{O}(\sqrt{T})$ $\hat{\theta}_{ij}$", "Õ(√T) θ̂ᵢⱼ"),
        (r"$x_{\text{max}}$ $x^{n+\epsilon}$ $\ell_1$ $x^\top y$", "xₘₐₓ x^(n+ε) ℓ₁ x^⊤y"),
        (r"$\{0,1\}^n$ $\left(x\right.$ $90\%$", "{0,1}ⁿ (x 90%"),
        (r"$a \leq b$ $a\leq b$ $p \rightarrow q$", "a ≤ b a≤b p → q"),
        (r"$\argmax_x f$, $\foo{bar}$, $\foo$", "argmaxₓ f, bar, foo"),
        (r"$$\sum_{i=1}^n x_i$$", "∑ᵢ₌₁ⁿ xᵢ"),
        (r"\emph{a} \textbf{$b$} \texttt{c} -- d", "a b c – d"),
        ("*a* [[b]] <c> #d %%", "*a* [[b]] <c> #d %%"),
        (r"for \$5\% at $7", "for $5% at $7"),
        (r"\url{https://a.b/c\_d}", "https://a.b/c_d"),
        ("one\n\ntwo", "one two"),
        ("It's plain", "It's plain"),
        (r"$", "$"),
        (
            r"$\sqrt[3]{x}\begin{cases}a\end{cases}$ $\mathbb{1}$ $\text{a\_b}\!x\,y$",
            "√xa 1 a_bx y",
        ),
        (r"$" + "{" * 40 + "x" + "}" * 40 + "$", "x"),
        (r"$\frac{a} {b} \vec{ab} \left. x \hat $", "a/b ab x"),
        (r"$\frac$ $^$ $x_$", "/ x"),
    ],
)
def test_plain(tex: str, text: str) -> None:
    assert plain(tex) == text


def test_long_text_is_taken_literally() -> None:
    text = r"\emph{a} $x$ " * MAX_LENGTH
    assert readable(text).startswith(r"\\emph{a} \$x\$")
    assert plain(text).startswith(r"\emph{a} $x$")


def kinds(tokens: list[Token]) -> list[str]:
    found: list[str] = []
    for token in tokens:
        found.append(token.type.removesuffix("_open").removesuffix("_close"))
        found.extend(kinds(token.children or []))
    return found


def assert_harmless(text: str) -> None:
    """A parser that knows nothing of formulas finds nothing in it but what we made."""
    markdown = readable(text)
    assert set(kinds(MARKDOWN.parse(markdown))) <= OURS
    assert MARKDOWN.parse(markdown) == [] or len(re.split("\n\n", markdown)) == len(
        [token for token in MARKDOWN.parse(markdown) if token.type == "paragraph_open"]
    )
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", markdown)
    assert not re.search(r"%%|\[\[|==|<!--|(?:^|\s)#\w|\s\^\w+$", markdown)
    bare = re.sub(r"\\.", "xx", re.sub("`[^`]*`", "x", markdown))
    formulas = re.findall(r"(\$\$?)([^$]*)\1", bare)
    assert "$" not in re.sub(r"(\$\$?)[^$]*\1", "", bare)
    assert all(content == content.strip() != "" for _, content in formulas)


FRAGMENTS = r"""$ $$ \( \) \[ \] \ \\ { } [ ] ( ) < > # % & * ** _ __ ` `` ''' '' " ~ ~~ - -- --- ^ = == | ! / :
    \emph{ \textbf{ \texttt{ \textit{a} {\em {\bf \cite{x} \footnote{ \url{ \href{http://a.b/_c_}{ \item \$ \% \_ \#
    \{ \} \' \"o \c{c} \H \begin{equation} \end{equation} \begin{align*} \end{align*} \frac{1}{2} \mathbb{R} \alpha
    \left \times https://a.b/c_d_ <b> </b> <!-- --> &lt; &#42; [[x]] ![y](z) [x]: %%c%% ==h== #tag 1. 2) - + >
    a b c word 5 10 5.5 $5 x_i x^2 a_b $x$ $x_{i}$ $\mathbf{x}_{i}^*$ \par \n é 界 “ – °"""
TEXTS = st.lists(
    st.sampled_from(FRAGMENTS.split()) | st.just(" ") | st.just("\n\n") | st.text(max_size=3),
    max_size=14,
).map("".join)


@given(TEXTS)
@example("$" * 50)
@example("{" * 500 + "}" * 500)
@example(r"\emph{" * 60 + "x" + "}" * 60)
@example(r"\textbf{\textit{a}}\emph{\textbf{b}}c")
@example("a`b\\`c`d")
@example("\\$" + "$x$")
@example("[https://a.b/c]")
def test_readable_is_harmless_whatever_comes(text: str) -> None:
    assert_harmless(text)


@given(st.text(max_size=80))
def test_readable_is_harmless_on_any_text(text: str) -> None:
    assert_harmless(text)


@given(TEXTS | st.text(max_size=80))
def test_plain_is_one_clean_line(text: str) -> None:
    line = plain(text)
    assert line == " ".join(line.split())
    assert not re.search(r"[\x00-\x1f\x7f-\x9f]", line)


@given(TEXTS | st.text(max_size=80))
def test_accents_never_fail_and_leave_formulas_alone(text: str) -> None:
    accents(text)
    if "$" not in text:
        assert accents(rf"$\'x {{\o}}$ {text}").startswith(r"$\'x {\o}$")


@given(
    st.lists(
        st.sampled_from(["word", "a", "Word,", "(so)", "C#", "5%", "it's", "x-y", "e.g."]),
        min_size=1,
    )
)
def test_ordinary_words_come_out_as_they_went_in(words: list[str]) -> None:
    text = " ".join(words)
    assert readable(text) == text
    assert plain(text) == text


@given(st.lists(st.sampled_from(["word", r"\emph{x}", r"\textbf{y}", r"{\em z}"]), min_size=1))
def test_every_emphasis_we_make_is_seen(words: list[str]) -> None:
    seen = kinds(MARKDOWN.parse(readable(" ".join(words))))
    made = sum("em" in word for word in words)
    assert seen.count("em") == 2 * made
    assert seen.count("strong") == 2 * sum("bf" in word for word in words)


def test_real_titles_and_abstracts(shared_data: Path) -> None:
    listing = shared_data / "arxiv-days" / "listings" / "2025-05-26.jsonl.gz"
    records = [json.loads(line) for line in gzip.decompress(listing.read_bytes()).splitlines()]
    assert len(records) > 300
    for record in records:
        assert_harmless(record["title"])
        assert_harmless(record["abstract"])
        assert "\\" not in plain(record["title"])
        assert not any(re.search(r"[\\{}]", accents(author)) for author in record["authors"])
