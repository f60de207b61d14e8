// For threads that we start in the host's process. Uses std only.
#pragma once
#if defined(__unix__)
#include <signal.h>
#include <unistd.h>
#endif

namespace fovea {

// Blocks every signal but faults on this thread while it lives, so that threads started meanwhile never run a
// handler of the host's.
class SignalsBlocked {
 public:
#if defined(__unix__)
  SignalsBlocked() {
    // A fault in a worker is the process's own, and its handler must see it.
    sigset_t all;
    sigfillset(&all);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS}) sigdelset(&all, fault);
    pthread_sigmask(SIG_SETMASK, &all, &found_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &found_, nullptr); }

 private:
  sigset_t found_;
#endif
};

// Tells a process from one that was forked from it, where the threads are not.
class ProcessMark {
 public:
#if defined(__unix__)
  bool forked() const { return getpid() != process_; }

 private:
  pid_t process_ = getpid();
#else
  bool forked() const { return false; }
#endif
};

}  // namespace fovea
