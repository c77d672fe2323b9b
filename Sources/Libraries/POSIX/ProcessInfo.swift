import CLinux
import Core
import Glibc

/// What this process can tell of itself and of the machine.
public enum ProcessInfo {
  /// This process's number.
  public static var identifier: Int32 { getpid() }

  /// The user this process runs as.
  public static var userIdentifier: UInt32 { geteuid() }

  /// The arguments after the program's name.
  public static var arguments: [String] { Array(CommandLine.arguments.dropFirst()) }

  /// The environment as it is now; entries without `=` are left out.
  public static var environment: [String: String] {
    var result: [String: String] = [:]
    guard var entry = unsafe slipway_environ() else { return result }
    while let text = unsafe entry.pointee {
      let pair = unsafe String(cString: text).split(
        separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if pair.count == 2 { result[String(pair[0])] = String(pair[1]) }
      unsafe entry += 1
    }
    return result
  }

  /// The program that runs, with symbolic links resolved.
  ///
  /// https://man7.org/linux/man-pages/man5/proc_pid_exe.5.html
  public static var executablePath: String {
    readLink("/proc/self/exe") ?? CommandLine.arguments[0]
  }

  /// The directory that relative paths start from.
  public static var currentDirectory: String { readLink("/proc/self/cwd") ?? "." }

  /// The machine's name.
  public static var hostName: String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard unsafe gethostname(&buffer, buffer.count - 1) == 0 else { return "unknown" }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
  }

  /// What names the time since the machine was started last; nil where the system does not tell.
  ///
  /// https://man7.org/linux/man-pages/man4/random.4.html
  public static var bootIdentifier: String? {
    (try? File.readText("/proc/sys/kernel/random/boot_id"))?.split(separator: "\n").first
      .map(String.init)
  }

  /// The namespace in which process numbers count; nil where the system does not tell.
  ///
  /// https://man7.org/linux/man-pages/man7/pid_namespaces.7.html
  public static var processNamespace: String? { readLink("/proc/self/ns/pid") }

  /// Processors that may run this process.
  public static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// Raises the limit of open files as far as this process is allowed, and gives the new limit.
  @discardableResult
  public static func raiseOpenFilesLimit() -> Int {
    var limit = rlimit()
    guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      return 0
    }
    limit.rlim_cur = limit.rlim_max
    unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return Int(clamping: limit.rlim_cur)
  }

  /// Resident memory in bytes.
  ///
  /// https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html
  public static var residentBytes: Int {
    guard let text = try? File.readText("/proc/self/statm") else { return 0 }
    let fields = text.split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { return 0 }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }

  /// Processor time used so far, user and system together.
  public static var processorTime: Duration {
    var usage = rusage()
    guard unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 else { return .zero }
    let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
    let microseconds = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
    return .seconds(seconds) + .microseconds(microseconds)
  }

  /// How many descriptors are open.
  public static var openDescriptors: Int { (try? File.list("/proc/self/fd").count) ?? 0 }

  static func readLink(_ path: String) -> String? {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let length = unsafe buffer.withUnsafeMutableBytes { bytes in
      guard let start = bytes.baseAddress else { return 0 }
      return unsafe readlink(path, start.assumingMemoryBound(to: CChar.self), bytes.count)
    }
    return length > 0 ? String(decoding: buffer.prefix(length), as: UTF8.self) : nil
  }
}
