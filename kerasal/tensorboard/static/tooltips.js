// What each control does, in a sentence.

export const TOOLTIPS = {
  run: "The run whose examples and steps are shown (keys r and R)",
  example: "The example that is shown (keys e and E)",
  ofClass: "The class whose maps are shown (keys c and C)",
  step: "The step of training (keys ← → Home End)",
  compareWith: "Shows another map, e.g. of another class, next to the first, and the difference of the two",
  compareStep: "The step of the map that is compared; “the same” follows the slider",
  view: "The map over the picture, next to it, or each alone",
  opacity: "How much the strongest saliency covers the picture; where it is 0 the picture is seen",
  quantity: "The map, or its standard deviation over samples",
  colormap: "auto: red and blue around a white zero where there are negative numbers",
  scale: "Which maps share the ends of the colours; it is said below each bar",
  percentile: "Numbers beyond this percentile of magnitude have the colour of the end",
  sort: "Orders the pictures; what is not known comes last",
  descending: "Turns the order round",
  filter: "Shows examples whose “name → prediction” fits the expression, e.g. label 7",
  right: "Right: the prediction is the label of the example's name",
  size: "Width of a picture, in pixels",
  tableSort: "Orders the bars",
  play: "Shows one step after another (key Space)",
};
