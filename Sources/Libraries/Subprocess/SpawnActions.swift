import CLinux
import Glibc
import POSIX

/// The steps between the birth of a child and its program, as libc runs them.
///
/// Every descriptor for the child is first doubled above the numbers that the child will use, so
/// that the order of the doubles below can not overwrite one that is still needed.
@safe
struct SpawnActions: ~Copyable {
  private var actions = unsafe posix_spawn_file_actions_t()
  private let highest: Int32
  private var given: Set<Int32> = []
  private var doubles: [Int32] = []

  /// Steps for a child that uses the numbers up to `highest`.
  init(above highest: Int32) throws(SystemError) {
    self.highest = highest
    try Self.check("posix_spawn_file_actions_init", unsafe posix_spawn_file_actions_init(&actions))
  }

  deinit {
    var actions = unsafe self.actions
    unsafe posix_spawn_file_actions_destroy(&actions)
    for number in doubles { close(number) }
  }

  /// Gives this process's `descriptor` to the child as `number`.
  mutating func give(_ descriptor: Int32, as number: Int32) throws(SystemError) {
    let double = fcntl(descriptor, F_DUPFD_CLOEXEC, highest + 1)
    if double < 0 { throw .last("fcntl", "descriptor \(descriptor)") }
    doubles.append(double)
    given.insert(number)
    try Self.check(
      "posix_spawn_file_actions_adddup2",
      unsafe posix_spawn_file_actions_adddup2(&actions, double, number))
  }

  /// Lets the child open `path` as `number`.
  mutating func open(
    _ path: String, _ flags: Int32, as number: Int32
  ) throws(SystemError) {
    given.insert(number)
    try Self.check(
      "posix_spawn_file_actions_addopen",
      unsafe posix_spawn_file_actions_addopen(&actions, number, path, flags, 0))
  }

  /// Lets the child start in `directory`.
  mutating func changeDirectory(_ directory: String) throws(SystemError) {
    try Self.check(
      "posix_spawn_file_actions_addchdir_np",
      unsafe slipway_spawn_chdir(&actions, directory))
  }

  /// Starts the program at `path` with nothing open but what was given; its number.
  mutating func spawn(
    _ path: String, _ arguments: [String], _ environment: [String], _ group: Command.Group
  ) throws(SystemError) -> Int32 {
    for number in 0...highest where !given.contains(number) {
      try Self.check(
        "posix_spawn_file_actions_addclose",
        unsafe posix_spawn_file_actions_addclose(&actions, number))
    }
    try Self.check(
      "posix_spawn_file_actions_addclosefrom_np",
      unsafe slipway_spawn_closefrom(&actions, highest + 1))
    var attributes = try Self.attributes(group)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var identifier: pid_t = 0
    let code = unsafe Self.withCStrings(arguments) { arguments in
      unsafe Self.withCStrings(environment) { environment in
        unsafe posix_spawn(&identifier, path, &actions, &attributes, arguments, environment)
      }
    }
    if code != 0 { throw SystemError("posix_spawn", path, code: code) }
    return identifier
  }

  // https://man7.org/linux/man-pages/man3/posix_spawnattr_setflags.3p.html
  private static func attributes(_ group: Command.Group) throws(SystemError) -> posix_spawnattr_t {
    var attributes = posix_spawnattr_t()
    var blocked = sigset_t()
    var toDefault = sigset_t()
    unsafe sigemptyset(&blocked)
    unsafe sigfillset(&toDefault)
    var flags = Int32(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF)
    switch group {
    case .shared: break
    case .own: flags |= Int32(POSIX_SPAWN_SETPGROUP)
    case .session: flags |= Int32(slipway_spawn_setsid)
    }
    try check("posix_spawnattr_init", unsafe posix_spawnattr_init(&attributes))
    unsafe posix_spawnattr_setsigmask(&attributes, &blocked)
    unsafe posix_spawnattr_setsigdefault(&attributes, &toDefault)
    unsafe posix_spawnattr_setpgroup(&attributes, 0)
    try check(
      "posix_spawnattr_setflags", unsafe posix_spawnattr_setflags(&attributes, Int16(flags)))
    return attributes
  }

  private static func check(_ call: String, _ code: Int32) throws(SystemError) {
    if code != 0 { throw SystemError(call, code: code) }
  }

  /// Runs `body` with `texts` as C wants them: pointers with a nil at the end.
  private static func withCStrings<Result>(
    _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    var pointers = unsafe texts.map { unsafe strdup($0) } + [nil]
    defer { unsafe pointers.forEach { unsafe free($0) } }
    return unsafe pointers.withUnsafeMutableBufferPointer { buffer in
      guard let start = buffer.baseAddress else { preconditionFailure("holds at least a nil") }
      return unsafe body(start)
    }
  }
}
