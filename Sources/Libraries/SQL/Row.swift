/// One row of a result: values in the order of the select list, with the names of their columns.
public struct Row: Sendable {
  /// The values, one for each column.
  public let values: [Value]
  private let layout: RowLayout

  init(layout: RowLayout, values: [Value]) {
    self.layout = layout
    self.values = values
  }

  /// The names of the columns.
  public var columns: [String] { layout.names }

  /// The column at `index` as a Swift type; by index is the fast way.
  ///
  /// Throws a `DatabaseError` of kind `decoding` when there is no such column, when it is null and
  /// the type is not optional, or when it holds something else.
  public func get<Result: ValueConvertible>(
    _ index: Int, as type: Result.Type = Result.self
  ) throws(DatabaseError) -> Result {
    guard values.indices.contains(index) else {
      throw DatabaseError(.decoding, "there is no column \(index), the row has \(values.count)")
    }
    guard let result = Result(value: values[index]) else {
      throw DatabaseError(
        .decoding,
        "column \(layout.names[index]) holds \(values[index].kindName), not \(Result.self)")
    }
    return result
  }

  /// The first column of that name as a Swift type; throws as the one by index does.
  public func get<Result: ValueConvertible>(
    _ name: String, as type: Result.Type = Result.self
  ) throws(DatabaseError) -> Result {
    guard let index = layout.names.firstIndex(of: name) else {
      throw DatabaseError(
        .decoding, "there is no column \(name), only \(layout.names.joined(separator: ", "))")
    }
    return try get(index)
  }
}

/// What all rows of a result share.
final class RowLayout: Sendable {
  let names: [String]
  /// PostgreSQL's type numbers, empty for SQLite, whose values know their own type.
  let types: [UInt32]

  init(names: [String], types: [UInt32] = []) {
    self.names = names
    self.types = types
  }
}
