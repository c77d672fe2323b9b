import Glibc

/// A child with pipes, started by `posix_spawn` so that it inherits nothing but its three streams.
///
/// Foundation's Process leaks descriptors into children that start at the same time; servers that
/// stay would then keep the pipes of other tests open.
struct ChildProcess {
  let identifier: pid_t
  /// The writing end of its standard input; -1 when that is `/dev/null`.
  let input: Int32
  /// The reading end of its standard output and error.
  let output: Int32

  /// Starts `arguments[0]`, found by PATH.
  ///
  /// https://man7.org/linux/man-pages/man3/posix_spawn.3.html
  init(_ arguments: [String], variables: [String: String] = [:], hasInput: Bool) throws {
    var ends: [Int32] = [-1, -1, -1, -1]
    let pipes = unsafe ends.withUnsafeMutableBufferPointer { buffer -> Bool in
      guard let base = unsafe buffer.baseAddress else { return false }
      return unsafe pipe2(base, O_CLOEXEC) == 0 && pipe2(base + 2, O_CLOEXEC) == 0
    }
    guard pipes else { throw ShellService.NotReady(description: "no pipe") }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    if hasInput {
      unsafe posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
    } else {
      unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    }
    unsafe posix_spawn_file_actions_adddup2(&actions, ends[3], 1)
    unsafe posix_spawn_file_actions_adddup2(&actions, ends[3], 2)
    unsafe posix_spawn_file_actions_addclosefrom_np(&actions, 3)
    var child = pid_t()
    let assignments = variables.map { "\($0)=\($1)" }
    let code = unsafe Self.withPointers(["env"] + assignments + arguments) { pointers in
      unsafe posix_spawn(&child, "/usr/bin/env", &actions, nil, pointers, environ)
    }
    close(ends[0])
    close(ends[3])
    if !hasInput { close(ends[1]) }
    guard code == 0 else {
      throw ShellService.NotReady(description: "\(arguments[0]) does not start: error \(code)")
    }
    identifier = child
    input = hasInput ? ends[1] : -1
    output = ends[2]
  }

  /// What it has printed next, at most some kilobytes; empty at the end.
  func read() -> String {
    var buffer = [UInt8](repeating: 0, count: 8192)
    var count = 0
    repeat {
      count = unsafe Glibc.read(output, &buffer, buffer.count)
    } while count < 0 && errno == EINTR
    return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
  }

  /// Waits for its end and gives the wait status, 0 for success.
  func wait() -> Int32 {
    var status: Int32 = -1
    while unsafe waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
    close(output)
    return status
  }

  private static func withPointers<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    let copies = unsafe strings.map { unsafe strdup($0) }
    defer { unsafe copies.forEach { unsafe free($0) } }
    return unsafe body(copies + [nil])
  }
}
