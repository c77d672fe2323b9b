// The few Linux calls that Swift cannot import: macros, variadics and ancillary data.
#ifndef SLIPWAY_CLINUX_H
#define SLIPWAY_CLINUX_H

// _GNU_SOURCE is not defined here: it changes types that Swift's own Glibc module has too.
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

// https://man7.org/linux/man-pages/man2/wait.2.html
static inline int slipway_exited(int status) { return WIFEXITED(status); }
static inline int slipway_exit_status(int status) { return WEXITSTATUS(status); }
static inline int slipway_signaled(int status) { return WIFSIGNALED(status); }
static inline int slipway_term_signal(int status) { return WTERMSIG(status); }

// https://man7.org/linux/man-pages/man2/pidfd_open.2.html
// -1 and errno on failure; ESRCH where no such process is.
static inline int slipway_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

// https://man7.org/linux/man-pages/man2/pidfd_send_signal.2.html
static inline int slipway_pidfd_send_signal(int pidfd, int signal) {
  return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

// https://man7.org/linux/man-pages/man2/syncfs.2.html
static inline int slipway_syncfs(int descriptor) { return (int)syscall(SYS_syncfs, descriptor); }

// https://man7.org/linux/man-pages/man2/ioctl_tty.2.html
// Columns of the terminal behind `descriptor`, or 0 where it is none.
static inline int slipway_terminal_columns(int descriptor) {
  struct winsize size;
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

// https://man7.org/linux/man-pages/man7/unix.7.html (SO_PEERCRED)
static inline int slipway_peer(int descriptor, pid_t *pid, uid_t *uid) {
  struct {
    pid_t pid;
    uid_t uid;
    gid_t gid;
  } peer;  // struct ucred, which glibc shows to _GNU_SOURCE only
  socklen_t length = sizeof(peer);
  if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return -1;
  *pid = peer.pid;
  *uid = peer.uid;
  return 0;
}

// https://man7.org/linux/man-pages/man2/pipe.2.html
// Both ends are closed on exec.
static inline int slipway_pipe(int ends[2]) { return (int)syscall(SYS_pipe2, ends, O_CLOEXEC); }

// GNU parts of <spawn.h>, which Swift's own import of it leaves out. Present since glibc 2.34.
// https://www.gnu.org/software/libc/manual/html_node/Creating-a-Process.html
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *, const char *);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);
static inline int slipway_spawn_chdir(posix_spawn_file_actions_t *actions, const char *path) {
  return posix_spawn_file_actions_addchdir_np(actions, path);
}
static inline int slipway_spawn_closefrom(posix_spawn_file_actions_t *actions, int from) {
  return posix_spawn_file_actions_addclosefrom_np(actions, from);
}
// POSIX_SPAWN_SETSID
enum { slipway_spawn_setsid = 0x80 };

// https://man7.org/linux/man-pages/man3/cmsg.3.html
// Sends `count` bytes and, when `passed` is not negative, that descriptor with them.
static inline ssize_t slipway_send(int socket, const void *bytes, size_t count, int passed) {
  struct iovec part = {.iov_base = (void *)bytes, .iov_len = count};
  union {
    char space[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
  } control;
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  if (passed >= 0) {
    memset(&control, 0, sizeof(control));
    message.msg_control = control.space;
    message.msg_controllen = sizeof(control.space);
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &passed, sizeof(int));
  }
  return sendmsg(socket, &message, MSG_NOSIGNAL);
}

// Receives up to `count` bytes; `*passed` is the descriptor that came with them, or -1.
static inline ssize_t slipway_receive(int socket, void *bytes, size_t count, int *passed) {
  struct iovec part = {.iov_base = bytes, .iov_len = count};
  union {
    char space[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
  } control;
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1,
                           .msg_control = control.space,
                           .msg_controllen = sizeof(control.space)};
  *passed = -1;
  ssize_t received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
  if (received < 0) return received;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS &&
        header->cmsg_len == CMSG_LEN(sizeof(int)))
      memcpy(passed, CMSG_DATA(header), sizeof(int));
  }
  return received;
}

// https://man7.org/linux/man-pages/man2/accept.2.html
// accept4 is shown to _GNU_SOURCE only.
static inline int slipway_accept(int socket) {
  return (int)syscall(SYS_accept4, socket, NULL, NULL, SOCK_CLOEXEC);
}

static inline int slipway_set_close_on_exec(int descriptor, int on) {
  return fcntl(descriptor, F_SETFD, on ? FD_CLOEXEC : 0);
}

static inline int slipway_set_nonblocking(int descriptor, int on) {
  int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0) return -1;
  return fcntl(descriptor, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK);
}

// https://man7.org/linux/man-pages/man2/pr_set_name.2const.html
// At most 15 bytes of `name` are kept.
static inline void slipway_set_thread_name(const char *name) { prctl(PR_SET_NAME, name); }

static inline int slipway_errno(void) { return errno; }

extern char **environ;
static inline char **slipway_environ(void) { return environ; }

#endif
