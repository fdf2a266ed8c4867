/* The page's data (page.py makes it), what is worked out from it, and what is used of uPlot. */

type Numbers = Float64Array | Uint32Array | Uint8Array;
type Context = CanvasRenderingContext2D;

/** Jobs by their place in the file; index into each array. */
interface Jobs {
  id: Uint32Array; type: Uint8Array; status: Uint8Array;
  submit: Float64Array; start: Float64Array; end: Float64Array;
  name?: string[];
  /** When a job no longer waited for others; why it was cancelled. Only where some do, and are. */
  eligible?: Float64Array; reason?: string[];
  nodeSeconds?: Float64Array;
  /** Only where nodes are not always there; in node seconds and phase iterations. */
  requeues?: Uint32Array; lostNodeSeconds?: Float64Array; lostPhases?: Uint32Array;
  /** Only where some job was; in seconds. */
  suspended?: Float64Array;
  /** Only where energy is measured: joules, money, grams. */
  energy?: Float64Array; cost?: Float64Array; emissions?: Float64Array;
  nodesAtStart?: Uint32Array; nodesMin?: Uint32Array; nodesMax?: Uint32Array; reconfigurations?: Uint32Array;
}

/** Allocations (job, begin, end), the ranges of nodes of each (allocation, first, count), and reconfigurations. */
interface GanttData {
  nodes: string[];
  job: Uint32Array; begin: Float64Array; end: Float64Array;
  allocation: Uint32Array; first: Uint32Array; count: Uint32Array;
  changes: {job: Uint32Array; begin: Float64Array; end: Float64Array};
  /** When jobs were suspended. */
  suspensions: {job: Uint32Array; begin: Float64Array; end: Float64Array};
  /** Of each allocation: whether the job lost its nodes before it was done. */
  lost: Uint8Array;
  /** When nodes were not up (kind, begin, end), and the ranges of nodes of each (outage, first, count). */
  outages: {kind: Uint8Array; begin: Float64Array; end: Float64Array;
    outage: Uint32Array; first: Uint32Array; count: Uint32Array};
  /** Each time that jobs have run which started several times. */
  attempts: {job: Uint32Array; begin: Float64Array; end: Float64Array; lost: Uint8Array};
  /** Where jobs share nodes: the lane of each range, and how many there are. */
  lane?: Uint32Array; lanes?: number;
}

/** A step function: from each time on the value at the same place. */
interface Steps { times: ArrayLike<number> & Iterable<number>; values: ArrayLike<number> & Iterable<number>; }
type Unit = 'count' | 'percent' | 'bytes/s' | 'W';
interface ChartData { key: string; title: string; unit: Unit; full: number | null; lines: Record<string, Steps>; }

/** When which job was in which phase, in the order in which they began. */
interface Phases {
  job: Uint32Array; number: Uint32Array; iterations: Uint32Array; begin: Float64Array; end: Float64Array;
}

/** For each job and name of a task: how many there were, how long they took together, and the longest. */
interface Tasks {
  names: string[]; job: Uint32Array; name: Uint32Array; times: Uint32Array; seconds: Float64Array; longest: Float64Array;
}

interface Run {
  name: string; end: number; jobs: Jobs; gantt: GanttData | null; charts: ChartData[];
  phases: Phases | null; tasks: Tasks | null; shares: Share[] | null;
}
/** Who has had how much of the energy, in joules, money and grams: 'machine', 'part', 'use' or 'user'. */
interface Share { kind: string; name: string; energy: number; cost: number | null; emissions: number | null; }
/** What the clock of the site says at time 0 of all runs, in seconds since 1970. */
interface Calendar { seconds: number; }
interface Report { types: string[]; statuses: string[]; conditions: string[]; calendar: Calendar | null; runs: Run[]; }

/** What refers to each key, in the order it came. */
interface Groups { starts: Uint32Array; items: Uint32Array; of(key: number): Uint32Array; }

interface Rectangles {
  count: number; job: Uint32Array; x0: Float64Array; x1: Float64Array; y0: Float64Array; y1: Float64Array;
  byPaint: Groups; byJob: Groups;
}

interface Gantt {
  run: Run; data: GanttData; rects: Rectangles; jobs: Jobs; changesByJob: Groups;
  plot: Plot; overlay: HTMLCanvasElement;
  /** The job under the mouse; -1 for none. */
  hovered: number;
}

/** A job of a run. */
interface JobOf { run: Run; job: number; }

/** What a chart of nodes is drawn with: a canvas, or what writes the same into an SVG file. */
interface Pen {
  fillStyle: string | CanvasGradient | CanvasPattern; strokeStyle: string | CanvasGradient | CanvasPattern;
  lineWidth: number; globalAlpha: number; font: string; textBaseline: CanvasTextBaseline; textAlign: CanvasTextAlign;
  fillRect(x: number, y: number, width: number, height: number): void;
  strokeRect(x: number, y: number, width: number, height: number): void;
  fillText(text: string, x: number, y: number): void;
  measureText(text: string): {width: number};
}

/** An entry of a chart's legend, as it looks now. */
interface LegendItem { label: string; paint: string; dash?: number[]; filled?: boolean; }
type Row = (string | number)[];

/** A chart that can be saved as it is shown. */
interface Shown {
  name: string; title: string; plot: Plot;
  legend: () => LegendItem[];
  /** What is drawn besides the lines of the series. */
  draw?: (pen: Pen, box: Box) => void;
  table: () => {head: string[], rows: Row[]};
}

interface Box { left: number; top: number; width: number; height: number; }
interface Scale { min: number; max: number; }
/** From data to pixels. */
interface Projection { kx: number; ky: number; x(time: number): number; y(node: number): number; xs: Scale; ys: Scale; }

/** Jobs whose distribution is a line of its own. */
interface Group { label: string; values: number[]; paint: () => string; dash?: number[]; width: number; }
type ValuesOf = (run: Run, wanted: (job: number) => boolean) => number[];

/** Times, and for each line its values at them. */
type Columns = [number[], ...(number | null)[][]];

type Bounds = (u: uPlot, min: number, max: number) => [number, number];
interface Axis {
  scale?: string; size?: number; space?: number; incrs?: number[]; grid?: object; ticks?: object; font?: string;
  stroke?: () => string;
  splits?: (u: uPlot, axis: number, min: number, max: number, step: number) => number[];
  values?: (u: uPlot, splits: number[], axis: number, space: number, step: number) => string[];
  filter?: (u: uPlot, splits: number[]) => number[];
}
interface Options {
  width: number; height: number; padding?: number[]; legend?: object;
  series: object[];
  scales: Record<string, {time?: boolean, dir?: number, distr?: number, auto?: boolean, range: Bounds | [number, number]}>;
  axes: Axis[];
  cursor?: object;
  hooks?: {
    drawClear?: ((u: uPlot) => void)[]; draw?: ((u: uPlot) => void)[]; setCursor?: ((u: uPlot) => void)[];
    setScale?: ((u: uPlot, key: string) => void)[];
  };
}

declare class uPlot {
  constructor(options: Options, data: Columns, container: HTMLElement);
  static paths: {stepped(options: object): object};
  scales: {x: Scale; y: Scale};
  data: Columns;
  axes: {_splits: number[] | null, _values: (string | null)[] | null}[];
  bbox: Box;
  ctx: Context;
  cursor: {left: number; top: number};
  over: HTMLElement;
  root: HTMLElement;
  width: number;
  height: number;
  posToVal(place: number, scale: string): number;
  valToPos(value: number, scale: string): number;
  setData(data: Columns, reset: boolean): void;
  setScale(key: string, scale: Scale): void;
  setSize(size: {width: number; height: number}): void;
  redraw(rebuild: boolean): void;
}

/** A chart; viewOf is what it shows of its data between two times, where that depends on them. */
interface Plot extends uPlot { viewOf?: (min: number, max: number) => Columns; }

interface Window { elastisim: object; }
