import { memo } from 'react'
import Markdown, { type Components } from 'react-markdown'
import remarkGfm from 'remark-gfm'

const components: Components = {
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  ),
}

/** Markdown of the model. A page that it has read may have put an image there, to tell somebody what was said. */
export const ModelText = memo(function ModelText({ text }: { text: string }) {
  return (
    <div className="model-text">
      <Markdown remarkPlugins={[remarkGfm]} disallowedElements={['img']} components={components}>
        {text}
      </Markdown>
    </div>
  )
})
