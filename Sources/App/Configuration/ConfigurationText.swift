import Core
import JSON

extension ConfigurationReport {
  /// The settings in effect as a table for people.
  var text: String {
    let nameWidth = settings.map(\.name.count).max() ?? 0
    let valueWidth = settings.map(\.value.count).max() ?? 0
    return settings.map { setting in
      let name = Self.filled(setting.name, to: nameWidth)
      return "\(name)  \(Self.filled(setting.value, to: valueWidth))  \(setting.source)\n"
    }.joined()
  }

  /// The same for programs: an array of `name`, `value`, `source`.
  var json: String {
    JSONValue.array(
      settings.map {
        [
          "name": .string($0.name), "value": .string($0.value), "source": .string($0.source),
        ]
      }
    ).written(pretty: true) + "\n"
  }

  private static func filled(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
