"""A command, run in this process."""

from keras_transformer.cli import main as cli


def run(capsys, *arguments):
    """Exit code, standard output and standard error of a command."""
    try:
        cli.main([str(argument) for argument in arguments])
        code = 0
    except SystemExit as error:
        code = error.code
    output, errors = capsys.readouterr()
    return code, output, errors
