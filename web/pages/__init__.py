"""The pages: each module offers its routes as a blueprint called `pages`."""
