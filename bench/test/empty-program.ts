/** A program that is measured and does nothing. */
import { serveMeasurements } from '../src/subjects/measured-program.ts'

serveMeasurements({}, async () => {})
