"""What bindings/generate.py writes for each language, from the contents of layout.json."""
