/** Runs code in one namespace that stays: a line of JSON in, a line of JSON out on file descriptor 3. */
export const PYTHON_PROGRAM = `
import ast, contextlib, io, json, os, sys, traceback
answers = os.fdopen(3, 'w')
names = {'__name__': '__main__'}
for line in sys.stdin:
    out, err, answer = io.StringIO(), io.StringIO(), {}
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            tree = ast.parse(json.loads(line)['code'])
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, '<cell>', 'exec'), names)
            value = None if last is None else eval(compile(ast.Expression(last.value), '<cell>', 'eval'), names)
            if value is not None:
                answer['result'] = repr(value)
    except BaseException as error:
        answer['error'] = {
            'ename': type(error).__name__,
            'evalue': str(error),
            'traceback': traceback.format_exc().splitlines(),
        }
    answer['stdout'], answer['stderr'] = out.getvalue(), err.getvalue()
    answers.write(json.dumps(answer) + '\\n')
    answers.flush()
`
