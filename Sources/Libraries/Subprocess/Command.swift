import POSIX

/// A program with all that it is started with, as a value that a test can compare.
///
/// Nothing is taken from a shell, so nothing needs quoting. What is secret belongs in the
/// environment, never in the arguments: every user of the machine can read arguments.
public struct Command: Sendable, Equatable {
  /// What the program reads on its standard input.
  public enum Input: Sendable, Equatable {
    /// Nothing: the end of the file at once.
    case none
    /// These bytes, then the end.
    case bytes([UInt8])
    /// What the child is given piece by piece, until its `closeInput`.
    case stream
    /// An open descriptor, which stays the caller's.
    case descriptor(Int32)
    /// What this process reads.
    case inherit
  }

  /// Where the program's standard output or standard error goes.
  public enum Output: Sendable, Equatable {
    /// Into the result, up to `captureBytesMax`.
    case capture
    /// Nowhere.
    case discard
    /// To an open descriptor, such as a log file, which stays the caller's.
    case descriptor(Int32)
    /// To where this process writes.
    case inherit
  }

  /// The variables that the program sees.
  public enum Variables: Sendable, Equatable {
    /// These of this process, changed by some; nil takes one away.
    case inherited(changing: [String: String?] = [:])
    /// These and no other.
    case exactly([String: String])
  }

  /// Which group of processes the program belongs to, and so who reaches it with a signal.
  public enum Group: Sendable, Equatable {
    /// The group of this process: Ctrl-C reaches it too, and it can read the terminal.
    case shared
    /// A group of its own, which a deadline ends as a whole.
    case own
    /// A session of its own without a terminal, for what outlives this process.
    ///
    /// https://man7.org/linux/man-pages/man2/setsid.2.html
    case session
  }

  /// A path, or a name without `/` that is looked up in this process's `PATH`.
  public var program: String
  /// The arguments after the program's name.
  public var arguments: [String]
  /// The variables that the program sees.
  public var variables: Variables
  /// Where the program starts; nil is where this process is.
  public var workingDirectory: String?
  /// What it reads.
  public var input: Input
  /// Where its standard output goes.
  public var output: Output
  /// Where its standard error goes.
  public var errorOutput: Output
  /// Further descriptors: the child's number (3 and up) and this process's descriptor for it.
  ///
  /// All descriptors that are named nowhere are closed in the child.
  public var descriptors: [Int32: Int32]
  /// Its group of processes.
  public var group: Group
  /// Whether it gets SIGTERM at the end of the thread that started it, and so of this process,
  /// however that ends.
  ///
  /// `posix_spawn(3)` can not ask for it, so `setpriv` does, which then becomes the program.
  /// https://man7.org/linux/man-pages/man1/setpriv.1.html
  /// https://man7.org/linux/man-pages/man2/pr_set_pdeathsig.2const.html
  public var endsWithThread: Bool
  /// As whom it runs, where this process is root and the program must not be; nil is as this one.
  ///
  /// `setpriv` changes the user, and is the program from then on.
  public var user: SystemUser?

  /// The highest number that a passed descriptor may have in the child.
  public static let childNumberMax: Int32 = 255

  /// A program with nothing to read, its output captured, in a group of its own.
  public init(
    _ program: String, _ arguments: [String] = [],
    variables: Variables = .inherited(), workingDirectory: String? = nil, input: Input = .none,
    output: Output = .capture, errorOutput: Output = .capture, descriptors: [Int32: Int32] = [:],
    group: Group = .own, endsWithThread: Bool = false, user: SystemUser? = nil
  ) {
    self.program = program
    self.arguments = arguments
    self.variables = variables
    self.workingDirectory = workingDirectory
    self.input = input
    self.output = output
    self.errorOutput = errorOutput
    self.descriptors = descriptors
    self.group = group
    self.endsWithThread = endsWithThread
    self.user = user
  }

  /// The variables as `NAME=VALUE`, sorted by name.
  var environment: [String] {
    let values: [String: String]
    switch variables {
    case .exactly(let given): values = given
    case .inherited(let changes):
      values = ProcessInfo.environment.merging(changes.compactMapValues { $0 }) { $1 }
        .filter { name, _ in changes[name] != .some(.none) }
    }
    return values.map { "\($0)=\($1)" }.sorted()
  }
}

extension Command: CustomStringConvertible, CustomReflectable {
  /// The program and its arguments as a shell would take them; no variables, they may be secret.
  public var description: String {
    ([program] + arguments).map(Self.quoted).joined(separator: " ")
  }

  /// A mirror that shows the names of the variables and not their values.
  public var customMirror: Mirror {
    let names: [String] =
      switch variables {
      case .exactly(let given): given.keys.sorted()
      case .inherited(let changes): changes.keys.sorted()
      }
    return Mirror(
      self,
      children: ["program": program, "arguments": arguments, "variableNames": names],
      displayStyle: .struct)
  }

  private static func quoted(_ word: String) -> String {
    let plain = word.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: "-_./:=,@%+".utf8.contains(byte)
      }
    }
    if plain, !word.isEmpty { return word }
    return "'"
      + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
      + "'"
  }
}
