"""Words that carry no subject, by how little they carry. All in lower case, unstemmed."""

from __future__ import annotations

_STOP = """
about above across after again against al all almost along already also although always am among
an and any anyone anything are around as at be became because become becomes been before being
below between both but by can cannot could did do does doing done down due during each eg either
else elsewhere enough etc even ever every everything except few for from further get give go had
has have having he hence her here hers herself him himself his how however ie if in indeed instead
into is it its itself just keep least less made make many may me meanwhile might mine more
moreover most mostly much must my myself namely neither never nevertheless no none nor not nothing
now of off often on once one only onto or other others otherwise our ours ourselves out over own
part per perhaps please put rather re same see seem seems several she should since so some
something sometimes somewhere still such take than that the their theirs them themselves then
thence there thereby therefore these they this those though through throughout thus to together
too toward towards two under unless until up upon us very via was we well were what whatever when
whenever where whereas whereby wherein whether which while who whole whom whose why will with
within without would yet you your yours yourself
"""
_GENERIC = """
able achieve advance algorithm analysis analyze application approach architecture area aspect
available base based behavior best better breakthrough broad case central challenge change class
clear common compare complex comprehensive concept condition consider content context contribution
core critical current cut data dataset deep demonstrate design develop development different
direct domain edge effect effective efficient emerging enable encode established evaluation
example existing experiment extend feature field find first focus form formal foundation
foundational framework full function fundamental general good group help high idea impact
implementation important improve improvement include increase individual information innovation
input insight interest introduce issue key kind knowledge known large learn learned learning level
limit line main major material matter measure mechanism method model modern narrow nature need
network neural new novel number object open order output paper paradigm particular performance
perspective point possible potential practical present principle problem process product program
property propose provide question range real recent reduce region relevant research result rich
robust role routine science scientific second section set show significant simple single small
space special specific standard state step straightforward structure studies study support system
task technique technology term test theoretical theory topic training transfer trend type
understand understanding use used useful user using usual value variant variety various way wide
work world year
"""
_WEAK = """
ai also assumption co cross design external fast high hybrid inner internal learnable like long
low multi multiple natural non online pre self semi short slow soft strong structural term
theories trained weak
"""

STOP_WORDS = frozenset(_STOP.split())
"""Grammar: left out of every text."""
GENERIC_WORDS = frozenset(_GENERIC.split())
"""Words of any abstract in any field: sharing them with a topic is no evidence for it."""
WEAK_WORDS = frozenset(_WEAK.split())
"""Parts of phrases that mean nothing alone: the low of low-rank."""
