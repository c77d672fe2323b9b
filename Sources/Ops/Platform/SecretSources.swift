import YAML

/// The places that a secret may come from: a mapping with exactly one of several keys.
struct SecretSources<Value>: Sendable {
  /// A key with the form of its text, what is told of it, and what the text makes.
  struct Source: Sendable {
    let key: String
    let form: TextForm
    let help: String
    let make: @Sendable (String) -> Value

    init(
      _ key: String, _ form: TextForm, _ help: String, make: @escaping @Sendable (String) -> Value
    ) {
      (self.key, self.form, self.help, self.make) = (key, form, help, make)
    }
  }

  private let sources: [Source]

  init(_ sources: [Source]) { self.sources = sources }

  var type: FieldType<Value> { FieldType(.oneKey(fields), read: read) }

  private var fields: [FieldDescription] {
    ObjectReader.described { reader -> Void? in
      for source in sources {
        _ = reader.optional(source.key, FieldType<String>.text(source.form), source.help)
      }
    }
  }

  private func read(_ node: YAMLNode, _ decoding: Decoding, _ path: [String]) -> Value? {
    guard node.mapping != nil else {
      // Whatever stands here may be the secret: its text is not shown.
      decoding.report(.rule(.secretInClear), at: node.mark, path: path)
      return nil
    }
    var object = ObjectReader(node, decoding, path: path)
    let given = sources.compactMap { source in
      // Whoever takes this for the place of the secret itself must not find it in a log.
      object.optional(
        source.key, .text(source.form, shown: { _ in "[redacted]" }, parse: { $0 }), source.help
      ).map(source.make)
    }
    object.finish()
    let count = sources.count { node[$0.key].map { $0.scalar?.kind != .null } ?? false }
    // Of one that is wrong its own mistake is told.
    if count == 1 || decoding.isPartial { return given.first }
    let wanted = "exactly one of " + sources.map(\.key).joined(separator: ", ")
    decoding.report(
      .notAllowed(shown: "a mapping with \(count) of them", wanted: wanted, hint: nil),
      at: node.mark, path: path)
    return nil
  }
}
