import Core
import POSIX

/// Where a key is had from: a file or a variable, for arguments are seen by others.
enum KeySource {
  /// Why a key could not be had.
  struct Unreadable: Error, Equatable {
    let reason: String
  }

  /// Most bytes of one: all of it has to fit into a pipe.
  static let bytesMax = 32 * 1024

  /// A key's place, for command lines; what stands in place of one may be the key itself.
  static let type = ValueType<String>(
    name: "SOURCE", allowed: "file:PATH or env:NAME", shown: { _ in Secret("").description },
    read: { text in
      ["file:", "env:"].contains { text.hasPrefix($0) && text.count > $0.count } ? text : nil
    })

  /// What `file:PATH` or `env:NAME` holds.
  static func read(_ source: String, _ context: CommandContext) throws(Unreadable) -> Secret {
    guard source.hasPrefix("env:") else {
      do throws(SystemError) {
        return Secret(
          try File.readText(context.absolute(String(source.dropFirst(5))), limit: bytesMax))
      } catch {
        throw Unreadable(reason: "\(error)")
      }
    }
    let name = String(source.dropFirst(4))
    guard let text = context.environment[name], !text.isEmpty else {
      throw Unreadable(reason: "the variable \(name) is not set")
    }
    guard text.utf8.count <= bytesMax else {
      throw Unreadable(reason: "more than \(bytesMax) bytes")
    }
    return Secret(text)
  }
}
