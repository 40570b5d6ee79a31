"""Test suites for components, one for each kind: classes to inherit, for authors of plugins.

`fsim.plugin.kinds` names the suite of each kind, as its `contract`.
"""
