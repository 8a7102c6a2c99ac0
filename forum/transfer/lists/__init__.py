"""Lists of films: CSV, JSON and IMDb's title.basics into films of the catalogue.

lines.py and items.py read a file row by row, file.py says which of them and what its columns are called,
columns.py which of them we take, values.py makes a record of a row, matching.py looks whether the film
is here, loading.py writes batch by batch.
"""
