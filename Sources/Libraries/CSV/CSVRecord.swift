/// One record: its fields with their quotes taken off, and where they stood.
///
/// Made to be filled again and again: the bytes of all fields lie in one array.
public struct CSVRecord: Sendable {
  /// The fields' bytes, one after the other, valid UTF-8.
  public private(set) var bytes: [UInt8] = []
  /// Where the record begins.
  public private(set) var place = CSVPlace(line: 1, column: 1)
  private var ends: [Int] = []
  private var places: [CSVPlace] = []

  /// An empty record.
  public init() {}

  /// How many fields there are.
  public var count: Int { ends.count }

  /// Where the field at `index` lies in `bytes`.
  public func range(of index: Int) -> Range<Int> {
    (index == 0 ? 0 : ends[index - 1])..<ends[index]
  }

  /// The field at `index`.
  public func text(_ index: Int) -> String {
    String(decoding: bytes[range(of: index)], as: UTF8.self)
  }

  /// Where the field at `index` begins, at its quote where it has one.
  public func place(of index: Int) -> CSVPlace { places[index] }

  // MARK: Filling

  mutating func begin(at place: CSVPlace) {
    self.place = place
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
  }

  mutating func beginField(at place: CSVPlace) { places.append(place) }

  mutating func append(_ run: ArraySlice<UInt8>) { bytes.append(contentsOf: run) }

  mutating func append(_ byte: UInt8) { bytes.append(byte) }

  mutating func endField() { ends.append(bytes.count) }

  /// Where the field that is being read begins.
  var fieldPlace: CSVPlace { places.last ?? place }

  /// How many bytes the field that is being read has so far.
  var fieldBytes: Int { bytes.count - (ends.last ?? 0) }
}

/// A place in a text, as editors show it.
public struct CSVPlace: Sendable, Equatable {
  /// The line, from 1; lines within quotes count.
  public let line: Int
  /// The column, from 1, in code points.
  public let column: Int

  /// A place.
  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }
}
