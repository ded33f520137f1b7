// The stack's own time. Moving it moves everything that these servers do by the clock: token lifetimes, cookie
// sessions, one-time codes. The browser's clock stays as it is.
const real = Date.now.bind(Date);
let offset = 0;

Date.now = () => real() + offset * 1000;

export const clock = {
  get offset() {
    return offset;
  },
  set offset(seconds) {
    offset = seconds;
  },
  /** Seconds since 1970. */
  now: () => Math.floor(Date.now() / 1000),
};
