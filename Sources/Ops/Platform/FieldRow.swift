/// One line of a table of keys: a key with all mappings around it.
struct FieldRow {
  /// As it is written with dots; `[]` is an element of a list, and `NAME` a key that the file
  /// chooses.
  let path: String
  let field: FieldDescription

  /// The rows of `fields` and of all below them; a mapping with known keys has none of its own.
  static func all(_ fields: [FieldDescription], below path: String = "") -> [FieldRow] {
    fields.flatMap { field in
      rows(field, at: path.isEmpty ? field.key : "\(path).\(field.key)")
    }
  }

  private static func rows(_ field: FieldDescription, at path: String) -> [FieldRow] {
    switch field.schema {
    case .object(let inner): all(inner, below: path)
    case .either(_, .object(let inner)), .oneKey(let inner):
      [FieldRow(path: path, field: field)] + all(inner, below: path)
    case .list(.object(let inner)):
      [FieldRow(path: path, field: field)] + all(inner, below: path + "[]")
    case .dictionary(_, .oneKey(let inner)):
      [FieldRow(path: path, field: field)] + all(inner, below: path + ".NAME")
    default: [FieldRow(path: path, field: field)]
    }
  }
}
