"""`python -m keras_transformer.course.scoreboard` fills the scoreboard."""

from keras_transformer.course.scoreboard.runs import main

if __name__ == "__main__":
    main()
