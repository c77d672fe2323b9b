/// A text that must not be printed: a password, a key, a token.
///
/// Every way of printing it gives `[redacted]`; `reveal()` is the one way out and easy to search
/// for. It is used beside the call that needs the text, never to build a message.
public struct Secret: Sendable, Equatable, Hashable {
  private let text: String

  /// Wraps `text`.
  public init(_ text: String) {
    self.text = text
  }

  /// The secret text itself.
  public func reveal() -> String { text }

  /// Whether there is no text at all.
  public var isEmpty: Bool { text.isEmpty }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// Always `[redacted]`.
  public var description: String { "[redacted]" }

  /// Always `[redacted]`.
  public var debugDescription: String { "[redacted]" }

  /// A mirror without children, so that `dump` shows nothing.
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
