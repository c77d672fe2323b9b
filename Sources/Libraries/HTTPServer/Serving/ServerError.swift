import POSIX

/// Why a server could not start.
public enum ServerError: Error, Sendable, Equatable {
  /// The listener of that name could not be served.
  case socket(String, SystemError)
  /// A thread could not be started.
  case thread(SystemError)
}

extension ServerError: CustomStringConvertible {
  /// What failed, in words.
  public var description: String {
    switch self {
    case .socket(let name, let error): "listener \(name): \(error)"
    case .thread(let error): "\(error)"
    }
  }
}
