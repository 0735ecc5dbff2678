"""Charts of the console: Vega-Lite specs drawn as SVG here, so that no chart script reaches a browser.

Needs    rows as plain values; titles in the reader's language.
Gives    chart: a figure for the template's macro, which always stands beside the table it was drawn from;
         money_axis, whose numbers are short.
Never    chooses a colour by itself: the style sheet's tokens do, in light and in dark.
Source   docs/reference/console.md, section charts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from markupsafe import Markup

from duewell.domain.money import currency

_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
_CONFIG = {
    "font": "sans-serif",
    "aria": False,
    "view": {"stroke": None},
    "range": {"category": [f"var(--c{n})" for n in range(1, 7)]},
    "axis": {
        "labelColor": "var(--soft)",
        "titleColor": "var(--soft)",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "gridColor": "var(--line)",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    },
    "legend": {"labelColor": "var(--ink)", "titleColor": "var(--soft)", "labelFontSize": 12, "title": None},
    "text": {"color": "var(--ink)", "fontSize": 12},
}


def chart(
    name: str, title: str, rows: Sequence[Mapping[str, Any]], spec: Mapping[str, Any], *, width: int = 560
) -> dict[str, Any]:
    """A chart for the template. `spec` is Vega-Lite without data; its colours are the tokens --c1 to --c6."""
    whole = {
        "$schema": _SCHEMA,
        "data": {"values": list(rows)},
        "width": width,
        "height": 200,
        "background": None,
        # The reader's own font may be wider than the one that was measured here.
        "padding": 16,
        "config": _CONFIG,
        **spec,
    }
    return {"name": name, "title": title, "svg": Markup(_svg(json.dumps(whole, sort_keys=True, default=str)))}


def money_axis(code: str, lang: str) -> dict[str, Any]:
    """The axis of amounts in minor units: in ten thousands in Chinese, in k and M in English."""
    units = 10 ** currency(code).exponent
    if lang == "zh":
        label = (
            f"datum.value >= {10_000 * units} ? format(datum.value / {10_000 * units}, ',.2~f') + '万'"
            f" : format(datum.value / {units}, ',.2~f')"
        )
    else:
        label = f"format(datum.value / {units}, '.3~s')"
    return {"title": None, "axis": {"labelExpr": label, "tickCount": 4}}


@lru_cache(maxsize=256)
def _svg(spec: str) -> str:
    """The SVG of a spec; the same spec is drawn once."""
    # Imported here: it takes half a second, and no other page needs it.
    import vl_convert

    made: str = vl_convert.vegalite_to_svg(json.loads(spec))
    # Beside the table the picture says nothing more: it is passed over by what reads pages aloud.
    return made.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)
