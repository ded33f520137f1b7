// The clock of these servers, which a test can move. Everything that the servers do by time follows it: token
// lifetimes, cookie sessions, one-time codes. The browser's clock does not.
const real = Date.now.bind(Date);
let offset = 0;

Date.now = () => real() + offset * 1000;

export const clock = {
  /** How far this clock is ahead of the real one, in seconds. */
  get offset() {
    return offset;
  },
  set offset(seconds) {
    offset = seconds;
  },
  /** Seconds since 1970. */
  now: () => Math.floor(Date.now() / 1000),
};
