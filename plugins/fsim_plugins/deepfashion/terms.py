"""The terms of DeepFashion, which a user must accept first, and the licence of its pictures."""

from __future__ import annotations

PROJECT_PAGE = "http://mmlab.ie.cuhk.edu.hk/projects/DeepFashion.html"
TERMS = f"""\
DeepFashion was made by the Multimedia Laboratory of The Chinese University of Hong Kong, which lends it on terms:
- It is for non-commercial research and education only.
- The images belong neither to its authors nor to us; their owners keep all rights.
- Do not pass the data on to others, neither as it is nor changed.
- Cite: Z. Liu, P. Luo, S. Qiu, X. Wang, X. Tang. DeepFashion: Powering Robust Clothes Recognition and Retrieval with
  Rich Annotations. CVPR 2016.
This is a summary; what binds you is what the project says: {PROJECT_PAGE}"""
LICENCE = "DeepFashion's terms: for non-commercial research and education only, and not to be passed on"
