/** A card takes no larger one, in bytes. */
export const MAX_CARD_BYTES = 400_000;
/** How much of the richest picture an earlier one must hold to be taken instead. */
const ENOUGH = 0.7;

/**
 * The most telling of some pictures of one video, in its order. A JPEG of a black, blank or blurred frame is small
 * and one with much to see is large, so their bytes tell them apart: the first that holds nearly as much as the
 * richest. Pictures that are too large for a card are left out while there are others.
 */
export function chooseTelling(pictures: readonly Buffer[]): Buffer | undefined {
  const light = pictures.filter(({ length }) => length <= MAX_CARD_BYTES);
  const candidates = light.length > 0 ? light : pictures;
  const richest = Math.max(0, ...candidates.map(({ length }) => length));
  return candidates.find(({ length }) => length >= richest * ENOUGH);
}
