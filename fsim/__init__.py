"""fsim: one YAML recipe is one experiment on fashion image similarity."""

__version__ = "0.1.0"
