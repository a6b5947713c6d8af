"""How pytest runs the lessons: no port is taken twice, no last word is lost."""

import tempfile

import nbval.kernel
import zmq
from jupyter_client.manager import KernelManager
from traitlets import default


class LessonKernelManager(KernelManager):
    """Starts a kernel that talks through files and is heard to the end.

    Kernels that start side by side on TCP may draw the same free port, and one of them
    dies (https://github.com/jupyter/jupyter_client/issues/487). nbval reads what a cell
    has shown only when the cell has ended; by default ZeroMQ keeps a thousand unread
    messages, and a progress bar sends more in a few minutes. The one that is dropped
    then is the last, which says that the cell is done.
    """

    @default("transport")
    def _transport_default(self) -> str:
        return "ipc"

    @default("ip")
    def _ip_default(self) -> str:
        # A socket's path has at most 107 bytes; the runtime folder's may be longer.
        self._folder = tempfile.TemporaryDirectory(prefix="lesson-")
        return f"{self._folder.name}/kernel"

    def client(self, **options):
        """A client that keeps every message."""
        context = zmq.Context()
        context.rcvhwm = 0
        return super().client(context=context, **options)


nbval.kernel.KernelManager = LessonKernelManager
