import POSIX
import YAML

extension ChartValues {
  /// Reads a file of values; what is wrong with it is told by `file`, line and column, all at once.
  static func load(_ path: String, as file: String, image: ImageReference? = nil) throws
    -> ChartValues
  {
    let bytes: [UInt8]
    do throws(SystemError) {
      bytes = try File.read(path, limit: YAMLLimits().bytesMax)
    } catch {
      throw ChartValuesUnreadable(file: file, error: error)
    }
    return try ChartValues(bytes, file: file, image: image)
  }

  /// Reads the text; `image` counts in place of the one that it names.
  init(_ bytes: [UInt8], file: String, image: ImageReference? = nil) throws(PlatformError) {
    let root: YAMLNode
    do throws(YAMLError) {
      root = try YAMLReader.read(bytes)
    } catch {
      let place = Finding.Place(file: file, line: error.mark.line, column: error.mark.column)
      throw PlatformError([
        PlatformProblem(place: place, path: [], kind: .syntax(error.sentence))
      ])
    }
    // An empty file asks for the defaults.
    let values = root.scalar?.kind == .null ? .mapping([]) : root
    try self.init(image.map { values.overlaid(with: $0.values) } ?? values, file: file)
  }

  /// Reads values that stand in `file`, or in none.
  init(_ node: YAMLNode, file: String) throws(PlatformError) {
    let decoding = Decoding(file: file, root: node, isEmptyAbsent: true)
    let values = FieldType<ChartValues>.object.read(node, decoding, [])
    if let values { ChartRules(values: values, root: node, decoding: decoding).check() }
    guard decoding.problems.isEmpty, let values else { throw PlatformError(decoding.problems) }
    self = values
  }
}

extension ImageReference {
  /// What the values of a chart say of it; what it lacks is removed where it is laid over others.
  fileprivate var values: YAMLNode {
    [
      "image": [
        "repository": .string(repository), "tag": tag.map { .string($0) } ?? .null,
        "digest": digest.map { .string($0) } ?? .null,
      ]
    ]
  }
}

/// A file of values that is not there or not to be read.
struct ChartValuesUnreadable: ReportableError, Equatable {
  let file: String
  let error: SystemError

  var exitCode: ExitCode { .configuration }
  var findings: [Finding] { [Finding(message: "\(file) cannot be read: \(error.reason)")] }
}
