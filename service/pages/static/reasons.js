/** Why a person should look, in sentences that name what was found in this message. */
import { share, words } from "./words.js";

const chances = (item, n) =>
  item.categories.slice(0, n).map((c) => `${c.name} ${share(c.probability)}`).join("、");

const unclearPlaces = (item) =>
  item.places
    .filter((place) => place.candidates)
    .map((place) => `“${place.text}”可能在${place.candidates.slice(0, 4).join("、")}`)
    .join("；");

const SENTENCES = {
  low_confidence: (item) => `把握不足：最像的一类也只有 ${share(item.confidence)}。`,
  two_categories: (item) => `两类都像：${chances(item, 2)}。`,
  ambiguous_place: (item) => `地名有歧义：${unclearPlaces(item)}。`,
  no_request: (item) =>
    item.department
      ? `归入“${item.category_name}”：不属于前几类，请看看该不该办、由谁办。`
      : "没有看出诉求：可能只是感谢、表态或闲谈。",
  garbled: (item) => `有 ${item.garbled.length} 处乱码无法恢复，可能看漏了内容。`,
  too_short: () => "文字太少，看不出什么事。",
  rule_disagrees: () => "主办部门：权责规则与模型的意见不一致。",
};

export function reasonsOf(item) {
  return item.review_reasons.map((code) => SENTENCES[code]?.(item) ?? words.reasons[code] ?? code);
}
