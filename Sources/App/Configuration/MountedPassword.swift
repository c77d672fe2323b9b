import Core
import POSIX
import SQL

/// The database's password in a mounted file, which whoever manages secrets changes in place.
struct MountedPassword: Sendable {
  private enum Content {
    /// The whole file is the password.
    case password
    /// The file is a database URL that holds it.
    case url
  }

  private let path: String
  private let content: Content

  /// The file that gave the password; nil where none did.
  init?(_ reader: EnvironmentReader) {
    if let path = reader.file(of: "POSTGRES_PASSWORD") {
      (self.path, content) = (path, .password)
    } else if let path = reader.file(of: "DATABASE_URL") {
      (self.path, content) = (path, .url)
    } else {
      return nil
    }
  }

  /// What the file holds now; nil where it can not be read at this moment, as while it is
  /// replaced.
  ///
  /// Of a URL only the password counts: another server or database needs a restart.
  @Sendable func read() -> Secret? {
    guard let text = try? File.readText(path) else { return nil }
    let value = EnvironmentReader.withoutLineEnd(text)
    switch content {
    case .password: return value.isEmpty ? nil : Secret(value)
    case .url:
      guard case .postgres(let address) = try? DatabaseURL(value) else { return nil }
      return address.password
    }
  }
}
