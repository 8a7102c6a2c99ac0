"""Full text over SQLite FTS5 and PostgreSQL: the same words find the same rows in the same order.

Words are folded here (folding.py) and stored beside what they were made of; the database itself keeps
its index true to that column alone (tables.py). A query is read by language.py, asked by finding.py.
Nothing here knows a model: who may see a row is asked of the rows as they are, when somebody searches.
"""
