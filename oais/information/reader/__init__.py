"""``verify.py``: a program in one file that reads an archive where ours is long forgotten.

It is written here in parts that ``composed`` puts together. They know nothing but the standard library of
Python 3.6 (annotations are quoted for that reason), and of each other what stands before them in the file.
"""
