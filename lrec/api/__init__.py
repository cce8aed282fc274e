"""The Python API, which `import lrec` offers by name: a second front door beside `lrec.cli`."""
