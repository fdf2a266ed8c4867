// @ts-check
/* Points in time as the calendar of the site has them; without a start_date, as simulated time. */
import {report} from './data.js';
import {DAY, clock} from './words.js';

export const dated = report.calendar !== null;
/** What the clock of the site says at time 0, in seconds since 1970. */
const timeZero = report.calendar?.seconds ?? 0;
/** A Monday, from which steps of whole weeks count. */
const MONDAY = 4 * DAY;

/** ISO 8601 without a zone, to the millisecond.
 * @param {number} seconds of simulated time */
const isoText = seconds => new Date(Math.round(1000 * (timeZero + seconds))).toISOString();

/** A point of time: "2024-02-29 12:30:00", or "1 d 03:04:05" where there is no calendar.
 * @param {number} seconds of simulated time */
export const moment = seconds =>
  dated ? isoText(Math.floor(seconds + 1e-6)).slice(0, 19).replace('T', ' ') : clock(seconds);

/** Where an axis has its ticks: at round times of the calendar.
 * @param {number} min
 * @param {number} max
 * @param {number} step */
export function dateSplits(min, max, step) {
  const zero = timeZero - MONDAY, first = Math.ceil((zero + min) / step - 1e-6), splits = [];
  for (let k = first; k * step - zero <= max; k++)
    splits.push(k * step - zero);
  return splits;
}

/** Their labels: a date where one begins, and with the first of them.
 * @param {number[]} splits
 * @param {number} step */
export function dateTicks(splits, step) {
  const end = step < 1 ? 23 : step < 60 ? 19 : 16;
  return splits.map((split, k) => {
    const text = isoText(split), time = text.slice(11, end);
    if (step >= DAY || /^[0:.]+$/.test(time))
      return text.slice(0, 10);
    return k === 0 ? `${text.slice(0, 10)} ${time}` : time;
  });
}
