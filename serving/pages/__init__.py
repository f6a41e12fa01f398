"""Pages for people, made on the server from the resources of the API.

addresses    which addresses are pages to a browser, and data to a program
page         what a page may ask, the rows it reads, and its route
routes       the pages by address
words        how values are written

Every other module is a page, or a part of one, with the template of its name.
"""
