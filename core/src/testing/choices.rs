//! Exhaustive tests of a small scope: a test makes choices, and runs once for each combination.
//!
//! In a proof the same choices would be symbolic values: a test asserts nothing about how they are
//! made.

/// The choices of one run of a test.
#[derive(Default)]
pub struct Choices {
    /// Each choice, with the number of its alternatives.
    made: Vec<(usize, usize)>,
    /// The number of choices in the present run.
    used: usize,
}

impl Choices {
    /// Runs a test for every combination of the choices that it makes, and returns the number of
    /// runs. A choice may depend on earlier ones.
    pub fn explore(mut test: impl FnMut(&mut Self)) -> usize {
        let mut choices = Self::default();
        let mut runs = 0;
        loop {
            choices.used = 0;
            test(&mut choices);
            runs += 1;
            if !choices.advance() {
                return runs;
            }
        }
    }

    /// Returns a number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        assert!(end > 0, "a choice has alternatives");
        if self.used == self.made.len() {
            self.made.push((0, end));
        }
        let (choice, alternatives) = self.made[self.used];
        assert_eq!(alternatives, end, "a run repeats the choices before");
        self.used += 1;
        choice
    }

    /// Returns a number of at most `last`.
    pub fn up_to(&mut self, last: usize) -> usize {
        self.below(last + 1)
    }

    pub fn flip(&mut self) -> bool {
        self.below(2) == 1
    }

    pub fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())]
    }

    /// Selects the next combination; false if there is none.
    fn advance(&mut self) -> bool {
        self.made.truncate(self.used);
        while let Some((choice, end)) = self.made.pop() {
            if choice + 1 < end {
                self.made.push((choice + 1, end));
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_combination_is_made_once() {
        let mut seen = Vec::new();
        let runs = Choices::explore(|choices| {
            let first = choices.up_to(2);
            // A choice that depends on the first.
            let second = if first == 1 { choices.below(3) } else { 9 };
            seen.push((first, second, choices.flip()));
        });
        let expected = [(0, 9), (1, 0), (1, 1), (1, 2), (2, 9)]
            .map(|(first, second)| [(first, second, false), (first, second, true)]);
        assert_eq!(seen, expected.as_flattened());
        assert_eq!(runs, 10);
    }

    #[test]
    fn a_test_without_choices_runs_once() {
        assert_eq!(Choices::explore(|_| {}), 1);
    }
}
