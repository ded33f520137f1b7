/* What Rust's standard library asks of an unwinder. A release is built with panic = "abort", so nothing is ever thrown,
   and only a backtrace calls these functions. A backtrace finds no frames. Every other call ends the process, as a panic
   does. The NDK's own unwinder is not on this machine. */

enum { END_OF_STACK = 5 };

#define HIDDEN __attribute__((visibility("hidden")))
#define NEVER(result, name, ...) \
  HIDDEN result name(__VA_ARGS__) { abort(); }

extern void abort(void) __attribute__((noreturn));

HIDDEN int _Unwind_Backtrace(int (*on_frame)(void *, void *), void *argument) {
  (void)on_frame;
  (void)argument;
  return END_OF_STACK;
}
HIDDEN int _Unwind_RaiseException(void *exception) {
  (void)exception;
  return END_OF_STACK;
}
HIDDEN void _Unwind_DeleteException(void *exception) { (void)exception; }

NEVER(void, _Unwind_Resume, void *exception)
NEVER(unsigned long, _Unwind_GetIP, void *context)
NEVER(unsigned long, _Unwind_GetIPInfo, void *context, int *before)
NEVER(unsigned long, _Unwind_GetCFA, void *context)
NEVER(unsigned long, _Unwind_GetGR, void *context, int index)
NEVER(void, _Unwind_SetGR, void *context, int index, unsigned long value)
NEVER(void, _Unwind_SetIP, void *context, unsigned long value)
NEVER(unsigned long, _Unwind_GetRegionStart, void *context)
NEVER(unsigned long, _Unwind_GetTextRelBase, void *context)
NEVER(unsigned long, _Unwind_GetDataRelBase, void *context)
NEVER(void *, _Unwind_GetLanguageSpecificData, void *context)
NEVER(void *, _Unwind_FindEnclosingFunction, void *address)
