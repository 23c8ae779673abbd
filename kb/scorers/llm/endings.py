"""Why asking ends before its time, as errors with their remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kb.errors import ConfigError, TryLater

if TYPE_CHECKING:
    from kb.errors import KbError
    from kb.scorers.llm.endpoint import Endpoint
    from kb.scorers.llm.failures import Failure


def of_failure(endpoint: Endpoint, failure: Failure) -> KbError:
    """What a failure means that is not tried again."""
    place, said = endpoint.place, endpoint.said(failure.said)
    if failure.kind == "key" and endpoint.key:
        return ConfigError(f"{place} does not accept the key in OPENAI_API_KEY ({said}); mend it")
    if failure.kind == "key":
        return ConfigError(
            f"{place} wants a key ({said}); set the environment variable OPENAI_API_KEY"
        )
    if failure.kind == "model":
        return ConfigError(
            f"{place} knows no model {endpoint.model} ({said}); mend llm.model or llm.base_url in kb.toml"
            " (the address mostly ends in /v1)"
        )
    if failure.kind == "quota":
        return TryLater(
            f"the account at {place} is used up ({said}); top it up", seconds=failure.wait
        )
    return TryLater(
        f"the model at {place} cannot be asked now ({said}); papers keep their local score until a later"
        " pass",
        seconds=failure.wait,
    )


def no_way(endpoint: Endpoint, failure: Failure) -> ConfigError:
    """Every way of asking was refused."""
    return ConfigError(
        f"the model {endpoint.model} at {endpoint.place} refuses every way of asking"
        f" ({endpoint.said(failure.said)}); choose another one in kb.toml: llm.model"
    )


def no_use(endpoint: Endpoint) -> ConfigError:
    """It answers, but never soundly."""
    return ConfigError(
        f"the model {endpoint.model} at {endpoint.place} gave no usable answer, not even about single"
        " papers; choose another one in kb.toml: llm.model"
    )
