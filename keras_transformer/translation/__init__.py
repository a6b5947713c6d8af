"""From text to text: recipes, their training, and the translator that comes of it."""
