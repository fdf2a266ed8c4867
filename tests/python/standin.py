"""A stand-in for the simulator: the other end of the ZeroMQ socket, speaking the raw protocol."""

import json
import threading

import zmq

from elastisim_python import pass_algorithm

# Only waited for in full when something is broken.
PATIENCE = 10


class Simulator:
    def __init__(self, url):
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.PAIR)
        self.socket.bind(url)
        self.url = self.socket.getsockopt_string(zmq.LAST_ENDPOINT)

    def send(self, message):
        self.send_text(json.dumps(message).encode())

    def send_text(self, text):
        self.socket.send(text)

    def receive(self):
        assert self.socket.poll(PATIENCE * 1000), 'the scheduler sent nothing'
        return json.loads(self.socket.recv())

    def invoke(self, jobs=(), nodes=(), kind=0, time=0, **more):
        """Returns the answer to an invocation."""
        self.send({'code': 0xFFEC4400, 'time': time, 'invocation_type': kind, 'jobs': list(jobs),
                   'nodes': list(nodes), **more})
        return self.receive()

    def end(self):
        self.send({'code': 0xFFEC44FF})

    def vanish(self, linger=0):
        if not self.context.closed:
            self.socket.close(linger)
            self.context.term()


class Background(threading.Thread):
    """A scheduler in a thread of this process."""

    def __init__(self, function, url):
        super().__init__(daemon=True)
        self.function, self.url, self.error = function, url, None
        self.start()

    def run(self):
        try:
            pass_algorithm(self.function, self.url)
        except BaseException as error:
            self.error = error

    def result(self):
        """Waits for the end of pass_algorithm; raises what it raised."""
        self.join(PATIENCE)
        assert not self.is_alive(), 'the scheduler hangs'
        if self.error:
            raise self.error


def rigid(identifier, **more):
    """The simulator's message about a pending rigid job."""
    return {'id': identifier, 'state': 1, 'type': 0, 'walltime': 0, 'submit_time': 0, 'start_time': -1,
            'end_time': -1, 'wait_time': -1, 'makespan': -1, 'turnaround_time': -1, 'num_nodes': 1,
            'num_gpus_per_node': 0, 'assigned_num_gpus_per_node': 0, 'total_phase_count': 1,
            'completed_phases': 0, **more}


def node(identifier, **more):
    """The simulator's message about a free node."""
    return {'id': identifier, 'type': 0, 'state': 0, 'assigned_jobs': [], 'gpus': [], **more}


def nodes(count):
    return [node(i) for i in range(count)]
