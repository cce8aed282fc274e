"""lrec: which recommender really serves the users who have done little?"""

__version__ = "0.1.0"
