"""What makes a machine less than ideal, at random: nodes that fail, are drained, sleep and cost energy, and jobs that
write checkpoints."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

Json = dict[str, Any]

SLEEPING = ['idle_timeout,idle_timeout=0', 'idle_timeout,idle_timeout=3,spare_nodes=2',
            'windows,power_from=0,power_until=12']
REACTIONS = ['kill', 'requeue', 'restart', 'shrink', 'shrink_or_requeue', 'shrink_or_restart']
WATTS = ['10:100', '95:120:203', '50:50']
CAP = 'time,watts\n0,2000\n10,900\n20,5000\n'
SERIES = 'time,value\n0,0.2\n3,0.35\n20.5,0\n'


# --- Availability --------------------------------------------------------------------------------------------


def which(rng: random.Random, names: list[str]) -> Any:
    return rng.choice(['all', rng.choice(names), rng.sample(names, rng.randint(1, len(names))),
                       {'property': 'rack', 'value': 'r1'}])


def outage(rng: random.Random, names: list[str]) -> Json:
    begin = rng.choice([0, rng.randint(0, 20), 20 * rng.random()])
    entry: Json = {'nodes': which(rng, names), 'from': begin, 'kind': rng.choice(['down', 'drain', 'off'])}
    if rng.random() < 0.9:
        entry |= {'duration': rng.choice([1, 5, 20 * rng.random() + 0.01])}
    if rng.random() < 0.5:
        entry |= {'announced': begin * rng.random()}
    return entry | ({'end_known': False} if rng.random() < 0.3 else {}) | {'reason': 'any'}


def repair(rng: random.Random) -> Any:
    return rng.choice([2, {'distribution': 'fixed', 'mean': 3}, {'distribution': 'exponential', 'mean': 2},
                       {'distribution': 'lognormal', 'mean': 2, 'sigma': 1}])


def failure(rng: random.Random, names: list[str]) -> Json:
    entry: Json = {'between': rng.choice([5, 20, 100]), 'repair': repair(rng), 'seed': rng.randint(1, 9)}
    if rng.random() < 0.5:
        entry |= {'distribution': 'weibull', 'shape': rng.choice([0.7, 1, 2])}
    if rng.random() < 0.3:
        entry |= {'burst': {'probability': 0.5, 'nodes': 1, 'within': 2}}
    elif rng.random() < 0.3:
        entry |= {'per': {'property': 'rack'}}
    return entry | {'until': 100}


def window(rng: random.Random, names: list[str]) -> Json:
    return {'share': rng.choice([0.25, 0.5, 1]), 'first': rng.randint(0, 9), 'every': rng.choice([10, 30]),
            'duration': rng.choice([1, 5]), 'kind': rng.choice(['down', 'drain', 'off']), 'lead': rng.choice([0, 4]),
            'until': 100}


def availability(rng: random.Random, names: list[str]) -> Json:
    lists = {'outages': outage, 'failures': failure, 'windows': window}
    chosen = rng.sample(sorted(lists), rng.randint(1, len(lists)))
    return {key: [lists[key](rng, names) for _ in range(rng.randint(1, 3))] for key in chosen}


# --- Checkpoints, power --------------------------------------------------------------------------------------


def save_now_and_then(rng: random.Random, model: Json) -> None:
    for phase in model.get('phases', []):
        if rng.random() < 0.4:
            phase['checkpoint'] = True
        for task in phase.get('tasks', []):
            if rng.random() < 0.2 and task['type'] != 'sequence' and not task.get('async'):
                task['checkpoint'] = True
    if rng.random() < 0.5:
        model['on_restart'] = {'tasks': [{'type': 'idle', 'delay': 1}]}


def let_jobs_choose(rng: random.Random, path: Path) -> None:
    """Some jobs say themselves what becomes of them."""
    workload = json.loads(path.read_text())
    for job in workload['jobs']:
        if rng.random() < 0.3:
            job['on_node_loss'] = rng.choice(REACTIONS)
    path.write_text(json.dumps(workload, indent=1))


def power(rng: random.Random) -> str:
    given: Json = {'wattage_per_state': rng.choice(WATTS), 'wattage_off': 5, 'rack': 'r1',
                   'stop_seconds': rng.choice([0, 0.5])}
    if rng.random() < 0.5:
        given |= {'boot_seconds': rng.choice([1, 4]), 'boot_joules': 100}
    return ''.join(f'<prop id="{key}" value="{value}"/>' for key, value in given.items())


def give_power(rng: random.Random, platform: str) -> str:
    """Properties for each compute node, or for all of a cluster."""
    return re.sub('<cluster [^>]*>|<host id="n[0-9]+"[^>/]*>', lambda found: found[0] + power(rng), platform)


def node_names(platform: str) -> list[str]:
    names = re.findall('<host id="(n[0-9]+)"', platform)
    for first, last in re.findall('radical="([0-9]+)-([0-9]+)"', platform):
        names += [f'n{i}' for i in range(int(first), int(last) + 1)]
    return names


def write_trouble(rng: random.Random, folder: Path) -> None:
    """Makes the world in the folder (random_workload.write_workload) one in which nodes fail."""
    platform = give_power(rng, (folder / 'platform.xml').read_text())
    (folder / 'platform.xml').write_text(platform)
    (folder / 'availability.json').write_text(json.dumps(availability(rng, node_names(platform)), indent=1))
    for path in sorted(folder.glob('app*.json')):
        model = json.loads(path.read_text())
        save_now_and_then(rng, model)
        path.write_text(json.dumps(model, indent=1))
    let_jobs_choose(rng, folder / 'jobs.json')
    keys: Json = {'availability': 'availability.json', 'on_node_loss': rng.choice(REACTIONS), 'max_attempts': 9}
    if rng.random() < 0.3:
        keys['schedule_on_node_change'] = True
    if rng.random() < 0.5:
        (folder / 'price.csv').write_text(SERIES)
        keys |= {'energy': 'energy.csv', 'energy_shares': 'energy_shares.csv', 'energy_price': 'price.csv',
                 'network_watts': 3}
    path = folder / 'config.json'
    configuration = json.loads(path.read_text()) | keys
    if 'builtin' in configuration['scheduler'] and rng.random() < 0.4:
        configuration['scheduler'] += f',power={rng.choice(SLEEPING)}'
    if rng.random() < 0.2:
        (folder / 'cap.csv').write_text(CAP)
        configuration |= {'power_cap': rng.choice(['cap.csv', 1000]),
                          'power_cap_enforced': 'builtin' in configuration['scheduler']}
    if 'restless' in configuration['scheduler'] and rng.random() < 0.7:
        configuration['scheduler'] += ',orders'
        configuration.setdefault('scheduling_interval', 3)
    path.write_text(json.dumps(configuration, indent=1))
